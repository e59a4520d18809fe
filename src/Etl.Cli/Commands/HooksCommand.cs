using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Kaltura.Hooks;
using Etl.Server.Hooks;

namespace Etl.Cli.Commands;

/// <summary><c>etl hooks</c>: the account's notification templates, which make the service tell a server what happens.</summary>
internal static class HooksCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var command = new Command("hooks", "Let the service tell a server's jobs when something happens.");
        command.Add(Register(globals));
        command.Add(List(globals));
        return command;
    }

    private static Command Register(GlobalOptions globals)
    {
        var job = RunCommands.JobArgument();
        var url = new Option<string>("--url") { Description = "Public address of the server; the job's own part is added to it.", Required = true, HelpName = "URL" };
        url.Validators.Add(result =>
        {
            if (Address(result.GetValueOrDefault<string>()) is null)
                result.AddError("'--url' takes the public address of the server: https, or http to this machine, without a user name, a query or a fragment.");
        });
        var happening = new Option<string>("--event")
        {
            Description = $"{string.Join(", ", HookTemplates.Events.Keys)}, or the system name of one of the service's templates.", DefaultValueFactory = _ => "entry-ready", HelpName = "EVENT",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing, only say what would be done." };
        var command = new Command("register", "Make the notification template of a job, or bring it in line.") { job, url, happening, dryRun };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                if (definition.Hooks is null)
                    throw new EtlException(FaultKind.Usage, $"Job '{definition.Name}' takes no hooks. Add 'hooks: due' or 'hooks: window' to {definition.File}.") { Code = "no-hooks" };
                if (host.HookVerifier.FindFault(definition.Name) is { } fault) terminal.Warn(fault);
                var target = new Uri($"{Address(result.GetRequiredValue(url))!.AbsoluteUri.TrimEnd('/')}{HookEndpoint.Path}/{definition.Name}");
                var dry = result.GetValue(dryRun);
                var (done, template) = await new HookTemplates(host.Kaltura).RegisterAsync(definition.Name, result.GetValue(happening)!, target, dry, cancellation).ConfigureAwait(false);
                terminal.Object(new { type = "hook", job = definition.Name, done, dryRun = dry, id = template?.Id, systemName = template?.SystemName, status = template?.Status, url = target });
                terminal.Line(done.Count == 0
                    ? $"Template {template!.Id} posts to {target} already."
                    : $"{(dry ? "Would be done" : "Done")}: {string.Join(", ", done)}.{(template is null ? "" : $" Template {template.Id} ({template.SystemName}) {(dry ? "would post" : "posts")} to {target} .")}");
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static Command List(GlobalOptions globals)
    {
        var command = new Command("list", "Show the account's HTTP notification templates.");
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var templates = await new HookTemplates(host.Kaltura).ListAsync(cancellation).ConfigureAwait(false);
                foreach (var t in templates) terminal.Object(new { type = "template", id = t.Id, systemName = t.SystemName, name = t.Name, ours = t.IsOurs, status = t.Status, tells = t.Event, url = t.Url });
                if (templates.Count == 0) terminal.Line("The account has no HTTP notification templates. 'etl hooks register JOB --url URL' makes one.");
                else terminal.Table(null, ["id", "name", "ours", "status", "event", "url"], templates.Select(t => (IReadOnlyList<string>)[t.Id, t.SystemName.Length > 0 ? t.SystemName : t.Name, t.IsOurs ? "yes" : "no", t.Status, t.Event, t.Url]));
                return ExitCode.Done;
            }
        });
        return command;
    }

    // The service would post the account's entries there, and a signature travels along.
    private static Uri? Address(string? text) =>
        WebAddress.TryRead(text, out var url) && (url.Scheme == "https" || url.IsLoopback)
            && url.UserInfo.Length + url.Query.Length + url.Fragment.Length == 0 ? url : null;
}
