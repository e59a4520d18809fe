namespace Etl.Landing.Audit.Report;

/// <summary>How reports look, on a screen and on paper of any size.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light; --ink: #1b2430; --soft: #5b6675; --line: #d5dae1; --fill: #f4f6f8; --accent: #14508c; --good: #1d6b3a; --warn: #8a5a00; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.5rem 3rem; color: var(--ink); background: #fff; font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; }
        header { border-bottom: 3px solid var(--accent); padding-bottom: 1rem; margin-bottom: 1.5rem; }
        .kicker { margin: 0; color: var(--accent); font-size: .8rem; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; }
        h1 { margin: .2rem 0 .3rem; font-size: 1.8rem; line-height: 1.2; overflow-wrap: anywhere; }
        h2 { margin: 2rem 0 .6rem; font-size: 1.15rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
        p { margin: .4rem 0; max-width: 48rem; }
        p.about { color: var(--soft); font-size: 1rem; }
        p.small, caption, .foot { color: var(--soft); font-size: .85rem; }
        ul { margin: .4rem 0; padding-left: 1.2rem; max-width: 48rem; }
        li { overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem 1.5rem; margin: .6rem 0; }
        dl div { min-width: 0; }
        dt { color: var(--soft); font-size: .8rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        dl.figures { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .8rem; }
        dl.figures div { border: 1px solid var(--line); background: var(--fill); border-radius: 4px; padding: .6rem .8rem; }
        dl.figures dd { font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
        table { width: 100%; border-collapse: collapse; margin: .6rem 0; font-size: .88rem; }
        caption { text-align: left; padding-bottom: .3rem; }
        th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; min-width: 4.5rem; }
        thead th { font-weight: 600; color: var(--soft); border-bottom: 2px solid var(--line); overflow-wrap: normal; vertical-align: bottom; }
        .number { text-align: right; font-variant-numeric: tabular-nums; }
        th.number, td.number { min-width: 0; }
        td.number { white-space: nowrap; }
        .code, pre { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: .8rem; }
        pre { background: var(--fill); border: 1px solid var(--line); border-radius: 4px; padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        .bars th { width: 14rem; font-weight: 400; }
        .bars .bar { width: 55%; }
        .bars .bar span { display: block; height: .95rem; background: var(--accent); border-radius: 2px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        .foot { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .6rem; }
        @page { margin: 16mm 14mm 18mm; }
        @media print {
          body { max-width: none; padding: 0; font-size: 10pt; }
          h1 { font-size: 18pt; }
          table { font-size: 8.5pt; }
          th, td { min-width: 6.5em; padding-right: .4rem; }
          dl.figures { grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); }
          dl.figures dd { font-size: 14pt; }
          h2, caption { break-after: avoid; }
          tr, dl div, pre, li { break-inside: avoid; }
          thead { display: table-header-group; }
          dl.figures div { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
        }
        """;
}
