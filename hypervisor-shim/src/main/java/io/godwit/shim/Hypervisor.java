package io.godwit.shim;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// Starts guests on this host and finds those that run already. Guests outlive the agent: nothing here stops one
/// because the caller goes away.
public interface Hypervisor {

    /// What this host offers; the same for the life of the process.
    Capabilities capabilities();

    /// Everything that would keep the guest from starting here, at once; empty if nothing is known to. Touches
    /// nothing.
    List<String> blockers(GuestSpec spec);

    /// Starts a guest from its boot. On return it exists and is paused, its first instruction not yet run: the
    /// caller resumes it once the record says so. On failure nothing of it is left.
    Guest create(GuestSpec spec) throws HypervisorException;

    /// Starts an empty guest that waits for memory and device state. On return it is [RunState#INCOMING]; on
    /// failure nothing of it is left.
    Guest prepareIncoming(GuestSpec spec) throws HypervisorException;

    /// As [#blockers(GuestSpec)], for a guest some of whose images are reached over NBD and need not be here.
    ///
    /// @param remote paths of these images
    default List<String> blockers(GuestSpec spec, Set<String> remote) {
        return remote.isEmpty() ? blockers(spec) : List.of("This hypervisor cannot reach images over NBD: " + remote);
    }

    /// As [#create(GuestSpec)], with some images reached over NBD.
    ///
    /// @param remote how, by the path that the specification gives
    default Guest create(GuestSpec spec, Map<String, NbdDisk> remote) throws HypervisorException {
        requireLocal(remote);
        return create(spec);
    }

    /// As [#prepareIncoming(GuestSpec)], with some images reached over NBD.
    ///
    /// @param remote how, by the path that the specification gives
    default Guest prepareIncoming(GuestSpec spec, Map<String, NbdDisk> remote) throws HypervisorException {
        requireLocal(remote);
        return prepareIncoming(spec);
    }

    private static void requireLocal(Map<String, NbdDisk> remote) throws HypervisorException {
        if (!remote.isEmpty()) {
            throw new HypervisorException("This hypervisor cannot reach images over NBD: " + remote.keySet());
        }
    }

    /// The names of guests that have left a trace on this host: running, paused, waiting or crashed.
    List<String> present() throws HypervisorException;

    /// The number of the process that is the guest, whoever started it here and whether it answers or not; empty if
    /// there is no live one, or guests are no processes.
    default OptionalLong process(String name) throws HypervisorException {
        return OptionalLong.empty();
    }

    /// Takes hold of a guest that another agent process started here. Empty if there is no live one, whose
    /// leftovers [#cleanUp] removes.
    Optional<Guest> adopt(String name) throws HypervisorException;

    /// The memory of a guest and nothing else of it, whether its process is alive and answers or not. Of a guest
    /// that left, pages of it may still be needed elsewhere; one that arrived may wait for pages. Empty if its
    /// memory is not there any more.
    Optional<LeftMemory> leftMemory(String name) throws HypervisorException;

    /// Memory that is good until it is closed.
    interface LeftMemory extends AutoCloseable {
        GuestMemory memory();

        /// As [Guest#missesPages]; false if there is no process any more.
        boolean missesPages() throws HypervisorException;

        /// As [Guest#missingPages], for a guest whose pages are missing already.
        MissingPages missingPages() throws HypervisorException;

        /// Whether there is no process any more.
        boolean gone();

        /// Kills the process, whether it answers or not; its files stay. Does nothing if there is none.
        ///
        /// @throws HypervisorException if it has not ended after this time
        void end(Duration timeout) throws HypervisorException;

        @Override
        void close();
    }

    /// Removes what a guest without a live process has left behind (files, taps). Does nothing if it is still
    /// alive or was never here.
    void cleanUp(String name) throws HypervisorException;

    /// @param version          e.g. `QEMU 7.2.22`
    /// @param machineTypes     versioned names that [GuestSpec#machineType] may take here
    /// @param cpuModels        names that [GuestSpec#cpuModel] may take here
    /// @param accelerator      `kvm`, `tcg` or `none`
    /// @param defaultMachineType  for guests whose file names none
    /// @param defaultCpuModel     for guests whose file names none
    record Capabilities(
            String version,
            List<String> machineTypes,
            List<String> cpuModels,
            String accelerator,
            String defaultMachineType,
            String defaultCpuModel) {
        public Capabilities {
            machineTypes = List.copyOf(machineTypes);
            cpuModels = List.copyOf(cpuModels);
        }
    }
}
