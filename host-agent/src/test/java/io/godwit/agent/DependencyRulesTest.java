package io.godwit.agent;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.godwit.agent.http.ApiServer;
import io.godwit.migration.MigrationEngine;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.linux.PacketSocket;
import io.godwit.storage.Ownership;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import org.junit.jupiter.api.Test;

/// The directions in which the parts may know of each other, over all modules that an agent is made of.
class DependencyRulesTest {
    private static final String SHIM = "io.godwit.shim..";
    private static final String ENGINE = "io.godwit.migration..";
    private static final String COORDINATOR = "io.godwit.storage..";
    private static final String AGENT = "io.godwit.agent..";
    private static final String ZOOKEEPER = "org.apache.zookeeper..";
    private static final String CURATOR = "org.apache.curator..";
    private static final String NETTY = "io.netty..";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.godwit");

    @Test
    void everyModuleIsLookedAt() {
        assertThat(CLASSES.contain(Hypervisor.class)).isTrue();
        assertThat(CLASSES.contain(MigrationEngine.class)).isTrue();
        assertThat(CLASSES.contain(Ownership.class)).isTrue();
        assertThat(CLASSES.contain(ApiServer.class)).isTrue();
        assertThat(CLASSES.contain(PacketSocket.class)).isTrue();
    }

    @Test
    void theShimKnowsNobody() {
        check(noClasses()
                .that()
                .resideInAPackage(SHIM)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ENGINE, COORDINATOR, AGENT, ZOOKEEPER, CURATOR, NETTY));
    }

    @Test
    void theEngineKnowsTheShimAndNoZooKeeper() {
        check(noClasses()
                .that()
                .resideInAPackage(ENGINE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(COORDINATOR, AGENT, ZOOKEEPER, CURATOR));
    }

    @Test
    void theEngineKnowsHypervisorsByTheirInterfaceOnly() {
        check(noClasses()
                .that()
                .resideInAPackage(ENGINE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.godwit.shim.qemu..", "io.godwit.shim.synthetic..", "io.godwit.shim.linux.."));
    }

    @Test
    void theCoordinatorKnowsNeitherGuestsNorMigrations() {
        check(noClasses()
                .that()
                .resideInAPackage(COORDINATOR)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SHIM, ENGINE, AGENT, NETTY));
    }

    @Test
    void whatIsDecidedAboutRecordsIsPure() {
        check(noClasses()
                .that()
                .resideInAnyPackage(
                        "io.godwit.storage.handover..", "io.godwit.storage.placement..", "io.godwit.storage.failover..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        ZOOKEEPER, CURATOR, "java.util.concurrent..", "java.time..", "java.nio..", "java.io.."));
    }

    @Test
    void theFenceIsPure() {
        check(noClasses()
                .that()
                .resideInAPackage("io.godwit.storage.fencing..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        ZOOKEEPER, CURATOR, "java.util.concurrent..", "java.time..", "java.nio..", "java.io.."));
    }

    @Test
    void nobodyDependsOnTheAgent() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(AGENT)
                .and()
                .resideOutsideOfPackage("io.godwit.chaos..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(AGENT));
    }

    @Test
    void theAgentUsesTheEngineAndTheCoordinatorThroughTheirRootPackages() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage(ENGINE)
                .should()
                .dependOnClassesThat(resideInAPackage(ENGINE).and(not(resideInAPackage("io.godwit.migration")))));
        check(noClasses()
                .that()
                .resideOutsideOfPackage(COORDINATOR)
                .should()
                .dependOnClassesThat(resideInAPackage(COORDINATOR)
                        .and(not(resideInAnyPackage(
                                "io.godwit.storage",
                                "io.godwit.storage.placement",
                                "io.godwit.storage.failover",
                                "io.godwit.storage.fencing",
                                "io.godwit.storage.image")))));
        // The fence is a machine that somebody has to drive: the agent in earnest, and the simulation.
        check(noClasses()
                .that()
                .resideOutsideOfPackages(
                        COORDINATOR, "io.godwit.agent.storage..", "io.godwit.agent.http..", "io.godwit.chaos..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.godwit.storage.fencing", "io.godwit.storage.image"));
    }

    @Test
    void onlyTheWiringKnowsWhichHypervisorItIs() {
        check(noClasses()
                .that()
                .resideInAPackage(AGENT)
                .and()
                .doNotHaveSimpleName("ProductionParts")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.godwit.shim.qemu..")));
        // What is rehearsed is a guest of the agent's own making, whatever hypervisor the host has.
        check(noClasses()
                .that()
                .resideInAPackage(AGENT)
                .and()
                .resideOutsideOfPackage("io.godwit.agent.rehearsal..")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.godwit.shim.synthetic..")));
        // The guard works on processes, whoever runs in them; packet sockets are lent to whoever needs frames.
        check(noClasses()
                .that()
                .resideInAPackage(AGENT)
                .and()
                .resideOutsideOfPackage("io.godwit.agent.guard..")
                .and()
                .doNotHaveSimpleName("ProductionParts")
                .and()
                .haveNameNotMatching(".*\\.PacketFrames(\\$.*)?")
                .should()
                .dependOnClassesThat(resideInAnyPackage("io.godwit.shim.linux..")));
    }

    @Test
    void theAgentsGuestsAndMigrationsKnowNoHttp() {
        check(noClasses()
                .that()
                .resideInAnyPackage("io.godwit.agent.guests..", "io.godwit.agent.migrations..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.godwit.agent.http..", "com.linecorp.armeria..", NETTY));
        check(noClasses()
                .that()
                .resideInAPackage("io.godwit.agent.guests..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.godwit.agent.migrations.."));
    }

    @Test
    void nativeCallsAreMadeInOnePackage() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.godwit.shim.linux..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Linker.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(SymbolLookup.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.FunctionDescriptor"));
        check(noMethods().should().haveModifier(com.tngtech.archunit.core.domain.JavaModifier.NATIVE));
    }

    @Test
    void nobodyUsesWhatTheJdkIsAboutToRemove() {
        check(noClasses().should().dependOnClassesThat().resideInAnyPackage("sun.misc..", "jdk.internal.."));
    }

    @Test
    void nobodyUsesTheUnmaintainedCompressor() {
        check(noClasses()
                .that()
                .resideOutsideOfPackage("io.godwit.migration.codec..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("net.jpountz.."));
    }

    @Test
    void outsideFailuresAreChecked() {
        check(classes()
                .that()
                .areAssignableTo(Exception.class)
                .and()
                .haveSimpleNameEndingWith("Exception")
                .should()
                .notBeAssignableTo(RuntimeException.class));
    }

    private static void check(ArchRule rule) {
        rule.check(CLASSES);
    }
}
