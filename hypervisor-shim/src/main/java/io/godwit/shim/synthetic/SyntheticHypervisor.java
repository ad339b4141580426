package io.godwit.shim.synthetic;

import io.godwit.shim.Guest;
import io.godwit.shim.Guest.EndReason;
import io.godwit.shim.GuestMemory;
import io.godwit.shim.GuestSpec;
import io.godwit.shim.Hypervisor;
import io.godwit.shim.HypervisorException;
import io.godwit.shim.RunState;
import io.godwit.shim.linux.RamFile;
import io.godwit.shim.linux.SharedGuestMemory;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// One host's worth of synthetic guests: each is shared memory in files and a thread that writes to it. Two instances
/// with a directory each stand for two hosts.
///
/// Memory comes in two regions, neither a multiple of 64 pages. Its last page is written whenever the device state is
/// saved. The guests end with this process; a guest whose holder was closed can be adopted again within it.
///
/// Tests steer it with [#onNext], [#failNext] and [#crash], and learn the truth from [SyntheticGuest#wrongPages].
public final class SyntheticHypervisor implements Hypervisor {
    public static final String MACHINE_TYPE = "synthetic-1.0";
    public static final String CPU_MODEL = "synthetic";

    private static final String LOW = ".low";
    private static final String HIGH = ".high";

    private final @Nullable Path directory;
    private final SyntheticWorkload workload;
    private final SyntheticFaults faults = new SyntheticFaults();
    private final Map<String, SyntheticMachine> machines = new ConcurrentHashMap<>();
    private final AtomicInteger announcements = new AtomicInteger();

    /// @param directory where RAM files go: exists, best on `/dev/shm`, and is this instance's own
    /// @param workload  of the guests created here; those that arrive bring their own
    public SyntheticHypervisor(Path directory, SyntheticWorkload workload) {
        this(workload, directory);
    }

    private SyntheticHypervisor(SyntheticWorkload workload, @Nullable Path directory) {
        this.workload = workload;
        this.directory = directory;
    }

    /// Of guests whose memory is in no file: nothing of them is left, however this process ends.
    public static SyntheticHypervisor withoutFiles(SyntheticWorkload workload) {
        return new SyntheticHypervisor(workload, null);
    }

    /// Runs before an operation does anything, and makes it fail by throwing. May wait.
    @FunctionalInterface
    public interface Hook {
        void run() throws HypervisorException;
    }

    /// Has the hook run by the next such operation of any guest here, once. Several for one operation are run by one
    /// operation each, in this order.
    public void onNext(SyntheticOperation operation, Hook hook) {
        faults.add(operation, hook);
    }

    /// Makes the next such operation of any guest here fail, once, without effect.
    public void failNext(SyntheticOperation operation) {
        onNext(operation, () -> {
            throw new HypervisorException("The operation failed because a test asked for it: " + operation);
        });
    }

    /// Ends a guest as if its process had died. Its files stay behind.
    public synchronized void crash(String name) {
        SyntheticMachine machine = machines.remove(name);
        if (machine != null) {
            machine.end(EndReason.CRASH);
        }
    }

    /// How often guests here have announced themselves.
    public int announcements() {
        return announcements.get();
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(
                "synthetic 1.0", List.of(MACHINE_TYPE), List.of(CPU_MODEL), "none", MACHINE_TYPE, CPU_MODEL);
    }

    @Override
    public List<String> blockers(GuestSpec spec) {
        List<String> blockers = new ArrayList<>();
        if (!spec.machineType().equals(MACHINE_TYPE)) {
            blockers.add("Machine type is not offered here: " + spec.machineType());
        }
        if (!spec.cpuModel().equals(CPU_MODEL)) {
            blockers.add("CPU model is not offered here: " + spec.cpuModel());
        }
        if (machines.containsKey(spec.name()) || files(spec.name()).stream().anyMatch(Files::exists)) {
            blockers.add("There is already a guest of this name, or what one left behind: " + spec.name());
        }
        return blockers;
    }

    @Override
    public SyntheticGuest create(GuestSpec spec) throws HypervisorException {
        faults.before(SyntheticOperation.CREATE);
        return start(spec, RunState.PAUSED);
    }

    @Override
    public SyntheticGuest prepareIncoming(GuestSpec spec) throws HypervisorException {
        faults.before(SyntheticOperation.PREPARE_INCOMING);
        return start(spec, RunState.INCOMING);
    }

    @Override
    public List<String> present() throws HypervisorException {
        TreeSet<String> names = new TreeSet<>(machines.keySet());
        Path folder = directory;
        if (folder == null) {
            return List.copyOf(names);
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*{" + LOW + "," + HIGH + "}")) {
            for (Path entry : entries) {
                String file = entry.getFileName().toString();
                names.add(file.substring(0, file.lastIndexOf('.')));
            }
        } catch (IOException e) {
            throw new HypervisorException("Could not list the guests in " + folder, e);
        }
        return List.copyOf(names);
    }

    @Override
    public synchronized Optional<Guest> adopt(String name) {
        return Optional.ofNullable(machines.get(name)).map(machine -> new SyntheticGuest(this, machine));
    }

    /// Empty for a guest that has crashed: its memory counts as lost with it.
    @Override
    public synchronized Optional<LeftMemory> leftMemory(String name) {
        return Optional.ofNullable(machines.get(name)).map(machine -> new SyntheticMemory(this, machine));
    }

    @Override
    public synchronized void cleanUp(String name) throws HypervisorException {
        if (!machines.containsKey(name)) {
            delete(name);
        }
    }

    void announced() throws HypervisorException {
        faults.before(SyntheticOperation.ANNOUNCE);
        announcements.incrementAndGet();
    }

    void destroy(SyntheticMachine machine) throws HypervisorException {
        faults.before(SyntheticOperation.DESTROY);
        remove(machine);
    }

    private synchronized void remove(SyntheticMachine machine) throws HypervisorException {
        String name = machine.spec().name();
        machines.remove(name, machine);
        machine.end(EndReason.DESTROYED);
        // Another guest of this name may have been started since this one went.
        if (!machines.containsKey(name)) {
            delete(name);
        }
    }

    private synchronized SyntheticGuest start(GuestSpec spec, RunState state) throws HypervisorException {
        List<String> blockers = blockers(spec);
        if (!blockers.isEmpty()) {
            throw new HypervisorException(String.join("; ", blockers));
        }
        long pages = spec.memoryBytes() / GuestMemory.PAGE_BYTES;
        long lowBytes = (pages / 2 + 1) * GuestMemory.PAGE_BYTES;
        RamFile low = ram(spec.name() + LOW, lowBytes);
        try {
            RamFile high = ram(spec.name() + HIGH, spec.memoryBytes() - lowBytes);
            SharedGuestMemory memory = SharedGuestMemory.map(List.of("low", "high"), List.of(low, high));
            SyntheticMachine machine = new SyntheticMachine(spec, memory, workload, faults, state);
            machines.put(spec.name(), machine);
            return new SyntheticGuest(this, machine);
        } catch (HypervisorException e) {
            low.close();
            delete(spec.name());
            throw e;
        }
    }

    private RamFile ram(String file, long bytes) throws HypervisorException {
        Path folder = directory;
        return folder == null
                ? RamFile.anonymous("godwit-" + file, bytes)
                : RamFile.create(folder.resolve(file), bytes);
    }

    private void delete(String name) throws HypervisorException {
        for (Path file : files(name)) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new HypervisorException("Could not delete RAM file " + file, e);
            }
        }
    }

    private List<Path> files(String name) {
        Path folder = directory;
        return folder == null ? List.of() : List.of(folder.resolve(name + LOW), folder.resolve(name + HIGH));
    }
}
