package io.godwit.shim.qemu;

import io.godwit.shim.GuestMemory;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.MissingPages;
import io.godwit.shim.linux.LinuxProcess;
import io.godwit.shim.linux.RamFile;
import io.godwit.shim.linux.SharedGuestMemory;
import io.godwit.shim.linux.UserfaultPages;
import io.godwit.shim.linux.UserfaultTracker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The RAM file of a guest, and its QEMU as far as the kernel knows it: nothing here asks QEMU anything.
final class QemuMemory implements Hypervisor.LeftMemory {
    private final Path ramFile;
    private final SharedGuestMemory memory;
    private final Optional<LinuxProcess> process;

    private QemuMemory(Path ramFile, SharedGuestMemory memory, Optional<LinuxProcess> process) {
        this.ramFile = ramFile;
        this.memory = memory;
        this.process = process;
    }

    static QemuMemory open(Path ramFile, Optional<LinuxProcess> process) throws HypervisorException {
        SharedGuestMemory memory =
                SharedGuestMemory.map(List.of(QemuCommandLine.RAM_ID), List.of(RamFile.open(ramFile)));
        return new QemuMemory(ramFile, memory, process);
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public boolean missesPages() throws HypervisorException {
        return process.isPresent()
                && !gone()
                && UserfaultPages.missing(process.get().pid());
    }

    @Override
    public MissingPages missingPages() throws HypervisorException {
        LinuxProcess alive =
                process.orElseThrow(() -> new HypervisorException("The guest's process has ended: " + ramFile));
        return UserfaultPages.attach(
                alive.pid(), List.of(new UserfaultTracker.Mapping(ramFile, 0, memory.pageCount())));
    }

    @Override
    public boolean gone() {
        return process.isEmpty() || QemuProcess.hasEnded(process.get());
    }

    @Override
    public void end(Duration timeout) throws HypervisorException {
        if (process.isPresent() && !gone()) {
            QemuProcess.kill(process.get(), timeout);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
