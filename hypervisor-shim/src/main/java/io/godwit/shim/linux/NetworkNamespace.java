package io.godwit.shim.linux;

import io.godwit.shim.HypervisorException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;

/// Network namespaces by the names `ip netns` gives them. A namespace is a property of a thread: sockets and
/// taps opened by a thread belong to the namespace it is in, and stay there whoever uses them.
public final class NetworkNamespace {
    private static final Path DIRECTORY = Path.of("/var/run/netns");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}");
    private static final int CLONE_NEWNET = 0x40000000;

    private NetworkNamespace() {}

    /// Runs an action in the namespace, on a platform thread of its own that ends with it, and waits for it. If
    /// the caller is interrupted the action's thread is interrupted too.
    ///
    /// @throws HypervisorException if the namespace cannot be entered; the action has not run
    /// @throws ExecutionException  if the action failed; its cause is what the action threw
    public static <T> T call(String name, Callable<T> action)
            throws HypervisorException, ExecutionException, InterruptedException {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter(name);
            return action.call();
        });
        Thread thread =
                Thread.ofPlatform().daemon().name("godwit-netns-" + name).start(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EnterFailed failed) {
                throw failed.reason;
            }
            throw e;
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        }
    }

    private static void enter(String name) throws EnterFailed {
        if (!NAME.matcher(name).matches()) {
            throw new EnterFailed(new HypervisorException("Not the name of a network namespace: " + name));
        }
        Path path = DIRECTORY.resolve(name);
        try {
            int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0)
                    .intOrThrow("Could not open network namespace " + path);
            try (FileHandle namespace = new FileHandle(path.toString(), fd)) {
                namespace
                        .call(descriptor -> Libc.setns(descriptor, CLONE_NEWNET))
                        .orThrow("Could not enter network namespace " + name);
            }
        } catch (HypervisorException e) {
            throw new EnterFailed(e);
        }
    }

    /// Told apart from anything the action may throw.
    private static final class EnterFailed extends Exception {
        private static final long serialVersionUID = 1L;

        final HypervisorException reason;

        EnterFailed(HypervisorException reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
