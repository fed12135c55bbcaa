using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;

namespace ChatOrchestrator.Infrastructure.Persistence.Migrations;

/// <summary>
/// Triggers that refuse to change or delete what is in the audit log, whoever asks: also our own processes, whose database
/// user owns the table and could not be kept from it by rights.
/// </summary>
internal static class AppendOnlyAudit
{
    public static void Create(MigrationBuilder migration)
    {
        if (migration.IsNpgsql())
        {
            migration.Sql("""
                CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
                CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
                """);
            return;
        }
        foreach (var change in (string[])["UPDATE", "DELETE"])
        {
            migration.Sql($"CREATE TRIGGER audit_log_no_{change.ToLowerInvariant()} BEFORE {change} ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;");
        }
    }

    public static void Drop(MigrationBuilder migration)
    {
        if (migration.IsNpgsql())
        {
            migration.Sql("DROP TRIGGER audit_log_append_only ON audit_log; DROP FUNCTION refuse_change_of_audit();");
            return;
        }
        migration.Sql("DROP TRIGGER audit_log_no_update;");
        migration.Sql("DROP TRIGGER audit_log_no_delete;");
    }
}
