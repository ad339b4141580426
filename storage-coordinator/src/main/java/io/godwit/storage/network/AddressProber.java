package io.godwit.storage.network;

import io.godwit.storage.AddressProbe;
import io.godwit.storage.FrameExchange;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// [AddressProbe] with frames built here, over a [FrameExchange].
public final class AddressProber implements AddressProbe {
    /// A network that answers for everything must not fill the memory.
    static final int ANSWERS_MAX = 64;

    private static final int ROUNDS = 2;
    private static final HexFormat COLONS = HexFormat.ofDelimiter(":");

    private final FrameExchange exchange;
    private final Counter duplicates;

    private AddressProber(FrameExchange exchange, MeterRegistry meters) {
        this.exchange = exchange;
        duplicates = Counter.builder("godwit.address.duplicates")
                .description("Answers for addresses of guests that were about to start")
                .register(meters);
    }

    /// See [AddressProbe#over].
    public static AddressProber over(FrameExchange exchange, MeterRegistry meters) {
        return new AddressProber(exchange, meters);
    }

    /// @throws IllegalArgumentException if an address is none, or there are too many
    @Override
    public List<Answer> whoAnswers(String networkInterface, List<String> addresses, Duration patience)
            throws IOException {
        if (addresses.size() > AddressAnnouncer.ADDRESSES_MAX) {
            throw new IllegalArgumentException("Too many addresses to ask for, at most "
                    + AddressAnnouncer.ADDRESSES_MAX + ": " + addresses.size());
        }
        List<Question> questions = new ArrayList<>();
        for (String address : addresses) {
            questions.add(new Question(address, InetAddress.ofLiteral(address)));
        }
        if (questions.isEmpty()) {
            return List.of();
        }
        Set<Answer> answers = new LinkedHashSet<>();
        try (FrameExchange.Conversation conversation = exchange.open(networkInterface)) {
            for (int round = 0; round < ROUNDS; round++) {
                for (Question question : questions) {
                    conversation.send(ProbeFrames.probe(conversation.hardwareAddress(), question.address()));
                }
                listen(conversation, questions, answers, patience.dividedBy(ROUNDS));
            }
        }
        duplicates.increment(answers.size());
        return List.copyOf(answers);
    }

    private record Question(String literal, InetAddress address) {}

    private static void listen(
            FrameExchange.Conversation conversation, List<Question> questions, Set<Answer> answers, Duration patience)
            throws IOException {
        long endNs = System.nanoTime() + patience.toNanos();
        for (long leftNs = patience.toNanos(); leftNs > 0; leftNs = endNs - System.nanoTime()) {
            Optional<ProbeFrames.Claim> claim =
                    conversation.receive(Duration.ofNanos(leftNs)).flatMap(ProbeFrames::claim);
            if (claim.isEmpty() || Arrays.equals(claim.get().mac(), conversation.hardwareAddress())) {
                continue;
            }
            for (Question question : questions) {
                if (Arrays.equals(question.address().getAddress(), claim.get().address())
                        && answers.size() < ANSWERS_MAX) {
                    answers.add(new Answer(
                            question.literal(), COLONS.formatHex(claim.get().mac())));
                }
            }
        }
    }
}
