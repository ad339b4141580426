package io.godwit.migration.precopy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.postcopy.LateConnections;
import io.godwit.migration.postcopy.LateGuest;
import io.godwit.migration.postcopy.PostcopyArrivals;
import io.godwit.migration.postcopy.PostcopyTarget;
import io.godwit.migration.protocol.ProtocolException;
import io.godwit.migration.protocol.Token;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LateArrivalTest {
    private static final UUID MIGRATION = new UUID(1, 2);

    @Test
    void anAgentThatStopsDoesNotSayThatNothingIsMissing() throws Exception {
        LateGuest guest = new LateGuest();
        try (LateConnections connections = new LateConnections();
                PostcopyArrivals arrivals = new PostcopyArrivals()) {
            PostcopyTarget target =
                    PostcopyTarget.adopt(MIGRATION, "source", guest, Duration.ofMinutes(5), System::nanoTime);
            arrivals.add(target);
            target.close();
            LateArrival.see(target, guest, arrivals);
            LateConnections.Connection source = connections.open();
            Token token = new Token(MIGRATION.getMostSignificantBits(), MIGRATION.getLeastSignificantBits());
            assertThatThrownBy(() -> arrivals.join(source.link(), token, 0)).isInstanceOf(ProtocolException.class);
            assertThat(source.heard()).isEmpty();
            assertThat(target.pagesLeft()).isPositive();
        }
    }
}
