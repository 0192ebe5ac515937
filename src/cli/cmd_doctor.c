/* cmd_doctor.c - look through a data directory that no server holds, and say what is wrong.
 *
 * Tested by: tests/e2e/test_doctor.py, tests/e2e/test_cli.py. */
#include "cli/cli_commands.h"
#include "cli/cli_json.h"

static const struct {
    const char *name; /* in JSON */
    const char *sign; /* on a terminal */
    const char *word; /* elsewhere */
    ScreenStyle style;
} grades[] = {[DOCTOR_OK] = {"ok", "✓", "ok     ", STYLE_GOOD},
              [DOCTOR_NOTE] = {"note", "!", "note   ", STYLE_WARN},
              [DOCTOR_PROBLEM] = {"problem", "✗", "PROBLEM", STYLE_BAD}};

static Str report_json(const DoctorReport *report, Arena *arena) {
    json_t *findings = json_array();
    for (size_t i = 0; i < report->count; i++) {
        json_t *finding = json_object();
        json_set_str(finding, "grade", str_c(grades[report->findings[i].grade].name));
        json_set_str(finding, "subject", report->findings[i].subject);
        json_set_str(finding, "text", report->findings[i].text);
        json_array_append_new(findings, finding);
    }
    json_t *answer = json_keep(arena, json_object());
    json_set_u64(answer, "problems", report->problems);
    json_set_u64(answer, "orphan_count", report->orphan_count);
    json_set_u64(answer, "orphan_bytes", report->orphan_bytes);
    json_object_set_new(answer, "orphans_removed", json_boolean(report->orphans_removed));
    json_object_set_new(answer, "findings", findings);
    return json_print(answer, arena);
}

static void print_report(const Cli *cli, const DoctorReport *report) {
    const Screen *screen = &cli->out;
    size_t widest = 0;
    for (size_t i = 0; i < report->count; i++) {
        size_t width = screen_width(report->findings[i].subject);
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < report->count; i++) {
        const DoctorFinding *finding = &report->findings[i];
        screen_styled_c(screen, grades[finding->grade].style,
                        screen->terminal ? grades[finding->grade].sign
                                         : grades[finding->grade].word);
        Str subject = screen_clean(finding->subject, cli->arena);
        size_t padding = widest - screen_width(finding->subject);
        screen_print(screen, "  %.*s%*s  %.*s\n", STR_ARG(subject), (int)padding, "",
                     STR_ARG(screen_clean(finding->text, cli->arena)));
    }
    if (report->orphan_count > 0)
        screen_print(screen, "%.*s objects (%.*s) that nothing names %s\n",
                     STR_ARG(screen_count(report->orphan_count, cli->arena)),
                     STR_ARG(screen_bytes(report->orphan_bytes, cli->arena)),
                     report->orphans_removed
                         ? "are removed"
                         : "are left by a crash; --remove-orphans removes them");
    if (report->problems == 0)
        screen_styled_c(screen, STYLE_GOOD, "no problems\n");
    else
        screen_styled(screen, STYLE_BAD,
                      str_format(cli->arena, "%zu %s\n", report->problems,
                                 report->problems == 1 ? "problem" : "problems"));
}

static CliExit run_doctor(Cli *cli, const CliArgs *args, Err *err) {
    DoctorReport report;
    if (!app_doctor(&cli->app, cli_has(args, "remove-orphans"), cli->arena, &report, err))
        return CLI_FAILED;
    if (cli->json)
        cli_print_json(cli, report_json(&report, cli->arena));
    else
        print_report(cli, &report);
    return report.problems == 0 ? CLI_OK : CLI_FAILED;
}

static const CliOption doctor_options[] = {
    {"remove-orphans", CLI_FLAG, CLI_ONCE, NULL, "remove objects that nothing names"},
};

const CliCommand command_doctor = {
    .name = "doctor",
    .group = "Server",
    .arguments = "",
    .summary = "Check everything in a data directory that no server uses",
    .options = doctor_options,
    .option_count = ARRAY_LEN(doctor_options),
    .notes = "Exit code 1 when there are problems. Stop the server first.\n"
             "\n"
             "  lakehouse doctor --data ./lakehouse-data\n",
    .run = run_doctor,
};
