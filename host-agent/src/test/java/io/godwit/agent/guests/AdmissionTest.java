package io.godwit.agent.guests;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.agent.testing.FakeHypervisor;
import io.godwit.agent.testing.TestHost;
import io.godwit.shim.GuestSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdmissionTest {
    @TempDir
    Path directory;

    @Test
    void keepsGuestsToTheImageDirectories() throws Exception {
        try (TestHost host = new TestHost("h1", "127.0.0.1:1", directory, null)) {
            Admission admission = new Admission(host.config, new FakeHypervisor());
            Path images = directory.resolve("images");
            Files.createSymbolicLink(images.resolve("out"), Path.of("/etc/hostname"));
            Path inside = Files.writeString(images.resolve("disk"), "x");
            assertThat(admission.blockers(guest(inside.toString(), "10.0.0.1"))).isEmpty();
            assertThat(admission.blockers(guest(images + "/not-there", "fe80::1")))
                    .isEmpty();
            for (String outside : List.of("/etc/hostname", images + "/../x", images + "/out", images + "x/disk")) {
                assertThat(admission.blockers(guest(outside, "10.0.0.1")))
                        .as(outside)
                        .hasSize(1);
            }
        }
    }

    @Test
    void takesAddressesAsLiteralsOnly() throws Exception {
        try (TestHost host = new TestHost("h1", "127.0.0.1:1", directory, null)) {
            Admission admission = new Admission(host.config, new FakeHypervisor());
            assertThat(admission.blockers(guest(directory + "/images/d", "localhost")))
                    .singleElement()
                    .asString()
                    .contains("localhost");
        }
    }

    private static GuestSpec guest(String image, String address) {
        GuestSpec plain = TestHost.spec("g", 32, new FakeHypervisor().capabilities());
        return new GuestSpec(
                plain.name(),
                plain.uuid(),
                plain.memoryBytes(),
                plain.vcpus(),
                plain.machineType(),
                plain.cpuModel(),
                null,
                List.of(new GuestSpec.Disk("vda", image, GuestSpec.Disk.Format.RAW, false)),
                List.of(new GuestSpec.Nic("52:54:00:00:00:01", null, List.of(address))),
                plain.onPoweroff(),
                plain.onReboot(),
                plain.onCrash());
    }
}
