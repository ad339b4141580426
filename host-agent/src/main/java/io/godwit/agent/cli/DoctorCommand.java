package io.godwit.agent.cli;

import io.godwit.agent.doctor.Doctor;
import io.godwit.agent.doctor.Finding;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description = {
            "Checks this host against its configuration and says how to mend what is wrong.",
            "Changes nothing. Exit status 1 if anything fails; warnings do not count."
        },
        mixinStandardHelpOptions = true)
final class DoctorCommand extends AgentCall {
    @Mixin
    ConfigOption config = new ConfigOption();

    @Override
    public Integer call() throws CliException {
        List<Finding> findings = Doctor.check(config.load());
        if (json()) {
            printJson(findings);
        } else {
            print(findings);
        }
        boolean failed = findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL);
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private void print(List<Finding> findings) {
        Table table = new Table("", "CHECK", "FOUND");
        for (Finding finding : findings) {
            // What is well is written small, so that the rest stands out.
            boolean well = finding.level() == Finding.Level.OK;
            table.row(well ? "ok" : finding.level().name(), finding.name(), finding.detail());
        }
        table.print(out());
        List<Finding> remedies =
                findings.stream().filter(finding -> !finding.remedy().isEmpty()).toList();
        if (!remedies.isEmpty()) {
            out().println();
            out().println("What to do:");
            remedies.forEach(finding -> out().println("  " + finding.name() + ": " + finding.remedy()));
        }
    }
}
