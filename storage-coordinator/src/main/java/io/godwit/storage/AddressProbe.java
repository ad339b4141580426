package io.godwit.storage;

import io.godwit.storage.network.AddressProber;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// Asks a network who answers for an address, at a moment when nobody should: before a guest that has it is started.
/// An answer is a machine with the same address, or a copy of the guest that should be gone.
public interface AddressProbe {

    /// Somebody answers for an address.
    ///
    /// @param address as it was asked for
    /// @param mac     of the card that answered, six lower-case hexadecimal pairs
    record Answer(String address, String mac) {}

    /// @param meters  receives `godwit.address.duplicates`
    static AddressProbe over(FrameExchange exchange, MeterRegistry meters) {
        return AddressProber.over(exchange, meters);
    }

    /// Asks twice, so that one lost frame hides nobody, and listens for as long as `patience`. Silence is no proof:
    /// a machine may be slow, or cut off. The asking itself changes nobody's idea of where an address is.
    ///
    /// @param addresses        IP literals, IPv4 or IPv6; none is no question
    /// @return each card that answered, once for each address
    /// @throws IOException if the network cannot be asked
    List<Answer> whoAnswers(String networkInterface, List<String> addresses, Duration patience) throws IOException;
}
