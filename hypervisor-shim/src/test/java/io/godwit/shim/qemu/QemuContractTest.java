package io.godwit.shim.qemu;

import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPagesContract;
import java.io.IOException;
import java.nio.file.Path;

/// Real QEMU keeps what every hypervisor promises.
class QemuContractTest extends MissingPagesContract {
    private final QemuFixture fixture;
    private final Path image;

    QemuContractTest() throws IOException {
        fixture = new QemuFixture();
        image = fixture.image("contract.img", BootSector.COUNTER);
    }

    @Override
    protected Hypervisor newHypervisor(String host) {
        return host.equals("source") ? fixture.source : fixture.target;
    }

    @Override
    protected GuestSpec spec(String name) {
        return fixture.spec(name, image);
    }

    @Override
    protected Hypervisor restarted(Hypervisor hypervisor) throws HypervisorException {
        return QemuHypervisor.open(fixture.settings(hypervisor.equals(fixture.source) ? "a" : "b"));
    }

    @Override
    protected void removeHosts() throws IOException {
        fixture.close();
    }
}
