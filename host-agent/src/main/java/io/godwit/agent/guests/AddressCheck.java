package io.godwit.agent.guests;

import io.godwit.shim.GuestSpec;
import io.godwit.storage.AddressProbe;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks whether anybody answers for a guest's addresses at a moment when nobody should: before it is started. What
/// is found keeps no guest from starting, for stopping it would not mend a network in which two machines have one
/// address.
final class AddressCheck {
    private static final Logger LOG = LoggerFactory.getLogger(AddressCheck.class);

    /// Less than it takes to start a QEMU, so that it costs nothing beside one.
    private static final Duration PATIENCE = Duration.ofMillis(250);

    private final HostContext host;
    private final AddressProbe probe;

    AddressCheck(HostContext host, AddressProbe probe) {
        this.host = host;
        this.probe = probe;
    }

    /// Under way. It has to end before the guest runs, or the guest itself would be found.
    record Looking(Future<List<String>> words) {
        /// @return a sentence for each duplicate; they were logged
        List<String> await() throws InterruptedException {
            try {
                return words.get();
            } catch (ExecutionException e) {
                LOG.warn("Whether anybody answers for a guest's addresses was not found out", e.getCause());
                return List.of();
            }
        }
    }

    Looking begin(GuestSpec spec) {
        FutureTask<List<String>> task = new FutureTask<>(look(spec));
        try {
            host.threads().execute(task);
        } catch (RejectedExecutionException _) {
            task.run();
        }
        return new Looking(task);
    }

    private Callable<List<String>> look(GuestSpec spec) {
        return () -> {
            List<String> words = new ArrayList<>();
            for (GuestSpec.Nic nic : spec.nics()) {
                String bridge = nic.bridge() == null ? host.config().bridge() : nic.bridge();
                for (AddressProbe.Answer answer : answers(spec.name(), bridge, nic.addresses())) {
                    String sentence = "Address " + answer.address() + " of guest " + spec.name()
                            + " is answered for by another machine on " + bridge + ", MAC " + answer.mac();
                    LOG.error("{}", sentence);
                    words.add(sentence);
                }
            }
            return words;
        };
    }

    private List<AddressProbe.Answer> answers(String guest, String bridge, List<String> addresses) {
        try {
            return probe.whoAnswers(bridge, addresses, PATIENCE);
        } catch (IOException | RuntimeException e) {
            LOG.warn("Whether anybody answers for the addresses of guest {} was not found out", guest, e);
            return List.of();
        }
    }
}
