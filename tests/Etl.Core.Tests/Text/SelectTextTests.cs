using Etl.Core.Text;

namespace Etl.Core.Tests.Text;

public sealed class SelectTextTests
{
    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("select 1;")]
    [InlineData("  -- about\n /* it */ WITH a AS (SELECT ';' AS x) SELECT * FROM a ; -- end")]
    [InlineData("SELECT 'it''s; fine' AS \"a;b\", [c;d], `e;f` FROM t")]
    [InlineData("SELECT type FROM t WHERE name = 'x' -- ; DROP TABLE t")]
    public void One_query_is_let_through(string sql) => Assert.Null(SelectText.FindFault(sql));

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" -- nothing", "empty")]
    [InlineData("DELETE FROM t", "SELECT or WITH")]
    [InlineData("SELECTED", "SELECT or WITH")]
    [InlineData("(SELECT 1)", "SELECT or WITH")]
    [InlineData("SELECT 1; DROP TABLE t", "follows its ';'")]
    [InlineData("SELECT 1;;", "follows its ';'")]
    [InlineData("SELECT ';' ; SELECT 2", "follows its ';'")]
    [InlineData("SELECT 'x", "does not end")]
    [InlineData("SELECT \"x", "does not end")]
    [InlineData("SELECT 1 /* x", "comment")]
    [InlineData("SELECT 1 /* x /* y */ ; DROP TABLE t; -- */", "comment")]
    [InlineData("SELECT $a$ '; DROP TABLE t; ' $a$", "dollar")]
    [InlineData("SELECT $$x$$", "dollar")]
    [InlineData("SELECT E'\\'; DROP TABLE t; --'", "escapes")]
    [InlineData("SELECT 1\0", "NUL")]
    public void Anything_else_is_refused(string sql, string says) => Assert.Contains(says, SelectText.FindFault(sql), StringComparison.Ordinal);
}
