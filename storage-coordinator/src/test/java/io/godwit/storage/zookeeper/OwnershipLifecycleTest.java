package io.godwit.storage.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.Claims;
import io.godwit.storage.GuestEntry;
import io.godwit.storage.OwnerRecord.OwnerState;
import io.godwit.storage.Ownership;
import io.godwit.storage.OwnershipException;
import io.godwit.storage.OwnershipException.Kind;
import io.godwit.storage.Verdict;
import io.godwit.storage.zookeeper.ZooKeeperFixture.Host;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The records after each step of a guest's life, on a real server.
class OwnershipLifecycleTest {
    private static final Claims CLAIMS = new Claims(Set.of("/srv/web1.img"), Set.of("10.0.0.7", "fd00::7"));

    @SuppressWarnings("NullAway.Init")
    private ZooKeeperFixture zookeeper;

    @SuppressWarnings("NullAway.Init")
    private Host alpha;

    @SuppressWarnings("NullAway.Init")
    private Host beta;

    @BeforeEach
    void start() throws Exception {
        zookeeper = new ZooKeeperFixture();
        alpha = zookeeper.host("alpha");
        beta = zookeeper.host("beta");
    }

    @AfterEach
    void stop() throws Exception {
        zookeeper.close();
    }

    @Test
    void aLifeFromClaimToForgetLeavesNothing() throws Exception {
        String guest = "life";
        UUID migration = UUID.randomUUID();
        assertThat(alpha.ownership().claim(guest, "{\"memory\":512}", CLAIMS)).isEqualTo(1);
        Map<String, String> claimed = zookeeper.records();
        assertThat(claimed)
                .containsKeys("/godwit/images/%2Fsrv%2Fweb1.img", "/godwit/images/%2Fsrv%2Fweb1.img/owner")
                .containsEntry("/godwit/addresses/10.0.0.7", "{\"v\":1,\"guest\":\"life\",\"epoch\":1}")
                .containsEntry("/godwit/addresses/fd00:0:0:0:0:0:0:7", "{\"v\":1,\"guest\":\"life\",\"epoch\":1}");
        assertThat(claimed.get("/godwit/guests/life/owner"))
                .contains("\"v\":1", "\"host\":\"alpha\"", "\"epoch\":1", "\"state\":\"RUNNING\"");

        alpha.ownership().beginHandover(guest, 1, "beta", migration);
        assertThat(entry(guest).owner().state()).isEqualTo(new OwnerState.Handover("beta", migration));
        assertThat(beta.ownership().commit(guest, migration, CLAIMS)).isEqualTo(new Verdict.Mine(2));
        assertThat(alpha.ownership().takeBack(guest, migration)).isEqualTo(new Verdict.NotMine("beta", 2));
        assertThat(entry(guest).specification()).isEqualTo("{\"memory\":512}");
        assertThat(entry(guest).owner().bootId()).isEqualTo("boot-of-beta");
        assertThat(zookeeper.records())
                .containsEntry("/godwit/images/%2Fsrv%2Fweb1.img/owner", "{\"v\":1,\"guest\":\"life\",\"epoch\":2}")
                .containsEntry("/godwit/addresses/10.0.0.7", "{\"v\":1,\"guest\":\"life\",\"epoch\":2}");

        beta.ownership().stopped(guest, 2);
        beta.ownership().stopped(guest, 2);
        assertThat(entry(guest).owner().state()).isEqualTo(new OwnerState.Stopped());
        assertThat(beta.ownership().settle(guest)).isEqualTo(new Verdict.NotMine("", 2));
        alpha.ownership().forget(guest);
        assertThat(zookeeper.records().keySet()).noneMatch(path -> path.contains(guest) || path.contains("web1.img"));
        assertThat(alpha.ownership().guest(guest)).isEmpty();
    }

    @Test
    void aMigrationLeavesNoNodeBehind() throws Exception {
        long epoch = alpha.ownership().claim("tidy", "{}", new Claims(Set.of("/srv/tidy.img"), Set.of()));
        Set<String> before = Set.copyOf(zookeeper.records().keySet());
        for (int move = 0; move < 4; move++) {
            Host source = move % 2 == 0 ? alpha : beta;
            Host target = move % 2 == 0 ? beta : alpha;
            UUID migration = UUID.randomUUID();
            source.ownership().beginHandover("tidy", epoch, target.name(), migration);
            Claims claims = new Claims(Set.of("/srv/tidy.img"), Set.of());
            assertThat(target.ownership().commit("tidy", migration, claims)).isEqualTo(new Verdict.Mine(epoch + 1));
            epoch++;
        }
        assertThat(zookeeper.records().keySet()).isEqualTo(before);
        alpha.ownership().stopped("tidy", epoch);
        alpha.ownership().forget("tidy");
    }

    @Test
    void aCommitThatWasReadAheadDecidesOnTheRecordAsItIsThen() throws Exception {
        Claims claims = new Claims(Set.of("/srv/ahead.img"), Set.of("10.0.0.8"));
        UUID first = UUID.randomUUID();
        alpha.ownership().claim("ahead", "{}", claims);
        Ownership.PreparedCommit early = beta.ownership().prepareCommit("ahead", first, claims);
        alpha.ownership().beginHandover("ahead", 1, "beta", first);
        Ownership.PreparedCommit late = beta.ownership().prepareCommit("ahead", first, claims);
        assertThat(alpha.ownership().takeBack("ahead", first)).isEqualTo(new Verdict.Mine(1));
        assertThat(late.commit()).isEqualTo(new Verdict.NotMine("alpha", 1));
        assertThat(early.commit()).isEqualTo(new Verdict.NotMine("alpha", 1));

        UUID second = UUID.randomUUID();
        Ownership.PreparedCommit beforeHandover = beta.ownership().prepareCommit("ahead", second, claims);
        alpha.ownership().beginHandover("ahead", 1, "beta", second);
        assertThat(beforeHandover.commit()).isEqualTo(new Verdict.Mine(2));
        assertThat(beforeHandover.commit()).isEqualTo(new Verdict.Mine(2));
        assertThat(zookeeper.records())
                .containsEntry("/godwit/addresses/10.0.0.8", "{\"v\":1,\"guest\":\"ahead\",\"epoch\":2}");
    }

    /// What was read ahead may be old, so it must never be the reason to run a guest.
    @Test
    void aGuestThatWasOursWhenReadAheadAndHasLeftSinceIsNotOurs() throws Exception {
        Claims none = new Claims(Set.of(), Set.of());
        UUID away = UUID.randomUUID();
        UUID home = UUID.randomUUID();
        alpha.ownership().claim("left", "{}", none);
        alpha.ownership().beginHandover("left", 1, "beta", away);
        assertThat(beta.ownership().commit("left", away, none)).isEqualTo(new Verdict.Mine(2));
        Ownership.PreparedCommit again = beta.ownership().prepareCommit("left", away, none);
        beta.ownership().beginHandover("left", 2, "alpha", home);
        assertThat(alpha.ownership().commit("left", home, none)).isEqualTo(new Verdict.Mine(3));
        assertThat(again.commit()).isEqualTo(new Verdict.NotMine("alpha", 3));
    }

    @Test
    void takenBackTheGuestKeepsItsEpochAndTheTargetIsTold() throws Exception {
        UUID migration = UUID.randomUUID();
        alpha.ownership().claim("back", "{}", new Claims(Set.of(), Set.of()));
        alpha.ownership().beginHandover("back", 1, "beta", migration);
        alpha.ownership().beginHandover("back", 1, "beta", migration);
        assertThat(alpha.ownership().takeBack("back", migration)).isEqualTo(new Verdict.Mine(1));
        assertThat(alpha.ownership().takeBack("back", migration)).isEqualTo(new Verdict.Mine(1));
        assertThat(beta.ownership().commit("back", migration, new Claims(Set.of(), Set.of())))
                .isEqualTo(new Verdict.NotMine("alpha", 1));
        assertThat(alpha.ownership().settle("back")).isEqualTo(new Verdict.Mine(1));
        assertThat(beta.ownership().settle("back")).isEqualTo(new Verdict.NotMine("alpha", 1));
    }

    @Test
    void settlingTakesBackAHandoverThatWasLeftHalfDone() throws Exception {
        UUID migration = UUID.randomUUID();
        alpha.ownership().claim("half", "{}", new Claims(Set.of(), Set.of()));
        alpha.ownership().beginHandover("half", 1, "beta", migration);
        assertThat(beta.ownership().settle("half")).isEqualTo(new Verdict.NotMine("alpha", 1));
        assertThat(alpha.ownership().settle("half")).isEqualTo(new Verdict.Mine(1));
        assertThat(entry("half").owner().state()).isEqualTo(new OwnerState.Running());
    }

    @Test
    void aBelatedTakeBackDoesNotGetTheCopyThatCameBackLater() throws Exception {
        Claims none = new Claims(Set.of(), Set.of());
        UUID away = UUID.randomUUID();
        UUID home = UUID.randomUUID();
        alpha.ownership().claim("late", "{}", none);
        alpha.ownership().beginHandover("late", 1, "beta", away);
        beta.ownership().commit("late", away, none);
        beta.ownership().beginHandover("late", 2, "alpha", home);
        assertThat(alpha.ownership().commit("late", home, none)).isEqualTo(new Verdict.Mine(3));
        assertThat(alpha.ownership().takeBack("late", away)).isEqualTo(new Verdict.NotMine("alpha", 3));
        assertThat(beta.ownership().commit("late", away, none)).isEqualTo(new Verdict.NotMine("alpha", 3));
    }

    @Test
    void refusesByNameWhatAnotherGuestOwns() throws Exception {
        alpha.ownership().claim("first", "{}", new Claims(Set.of("/srv/shared.img"), Set.of("10.0.0.9")));
        assertThatThrownBy(() -> beta.ownership()
                        .claim("second", "{}", new Claims(Set.of("/srv//x/../shared.img"), Set.of("10.0.0.9"))))
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                .hasMessageContaining("Image /srv/shared.img belongs to guest first")
                .hasMessageContaining("Address 10.0.0.9 belongs to guest first");
        assertThat(beta.ownership().guest("second")).isEmpty();
        assertThat(zookeeper.records().keySet()).noneMatch(path -> path.contains("second"));
    }

    @Test
    void aStoppedGuestCanBeClaimedElsewhereWithOtherClaims() throws Exception {
        alpha.ownership().claim("moved", "{\"n\":1}", new Claims(Set.of("/srv/m1.img"), Set.of("10.0.1.1")));
        refused(Kind.REFUSED, () -> beta.ownership().claim("moved", "{}", new Claims(Set.of(), Set.of())));
        refused(Kind.REFUSED, () -> beta.ownership().forget("moved"));
        alpha.ownership().stopped("moved", 1);
        assertThat(beta.ownership().claim("moved", "{\"n\":2}", new Claims(Set.of("/srv/m2.img"), Set.of())))
                .isEqualTo(2);
        assertThat(entry("moved").specification()).isEqualTo("{\"n\":2}");
        assertThat(zookeeper.records().keySet())
                .noneMatch(path -> path.contains("m1.img") || path.contains("10.0.1.1"))
                .anyMatch(path -> path.contains("m2.img"));
        assertThat(alpha.ownership().settle("moved")).isEqualTo(new Verdict.NotMine("beta", 2));
    }

    @Test
    void saysWhyNot() throws Exception {
        refused(Kind.UNKNOWN, () -> alpha.ownership().stopped("nobody", 1));
        refused(Kind.UNKNOWN, () -> alpha.ownership().forget("nobody"));
        refused(Kind.UNKNOWN, () -> alpha.ownership().beginHandover("nobody", 1, "beta", UUID.randomUUID()));
        assertThat(alpha.ownership().settle("nobody")).isEqualTo(new Verdict.NotMine("", 0));
        alpha.ownership().claim("why", "{}", new Claims(Set.of(), Set.of()));
        refused(Kind.REFUSED, () -> alpha.ownership().stopped("why", 2));
        refused(Kind.REFUSED, () -> beta.ownership().stopped("why", 1));
        refused(Kind.REFUSED, () -> alpha.ownership().beginHandover("why", 2, "beta", UUID.randomUUID()));
        refused(Kind.REFUSED, () -> alpha.ownership().beginHandover("why", 1, "alpha", UUID.randomUUID()));
        refused(Kind.REFUSED, () -> beta.ownership().beginHandover("why", 1, "alpha", UUID.randomUUID()));
        refused(Kind.REFUSED, () -> alpha.ownership().claim("", "{}", new Claims(Set.of(), Set.of())));
        refused(Kind.REFUSED, () -> alpha.ownership().claim("x", "{}", new Claims(Set.of("relative"), Set.of())));
        refused(Kind.REFUSED, () -> alpha.ownership().claim("x", "{}", new Claims(Set.of(), Set.of("a.host"))));
        refused(
                Kind.REFUSED,
                () -> alpha.ownership().claim("x", "s".repeat(ZooKeeperOwnership.SPECIFICATION_BYTES_MAX + 1), CLAIMS));
    }

    @Test
    void aRecordThatCannotBeUnderstoodIsLeftAlone() throws Exception {
        alpha.ownership().claim("odd", "{}", new Claims(Set.of(), Set.of()));
        String written = Objects.requireNonNull(zookeeper.records().get("/godwit/guests/odd/owner"));
        zookeeper.overwrite("/godwit/guests/odd/owner", written.replace("RUNNING", "FLYING"));
        refused(Kind.REFUSED, () -> alpha.ownership().stopped("odd", 1));
        refused(Kind.REFUSED, () -> alpha.ownership().guest("odd"));
        assertThat(alpha.ownership().guests()).noneMatch(entry -> entry.guest().equals("odd"));
        zookeeper.overwrite("/godwit/guests/odd/owner", written);
        assertThat(alpha.ownership().settle("odd")).isEqualTo(new Verdict.Mine(1));
    }

    @Test
    void strangeNamesAreJustNames() throws Exception {
        List<String> names = List.of("..", "a/b", "100%", "größer", "zookeeper", "owner");
        for (String name : names) {
            alpha.ownership().claim(name, "{}", new Claims(Set.of("/srv/" + name + "/disk of " + name), Set.of()));
        }
        assertThat(alpha.ownership().guests()).extracting(GuestEntry::guest).containsAll(names);
        for (String name : names) {
            alpha.ownership().stopped(name, 1);
            alpha.ownership().forget(name);
        }
        assertThat(zookeeper.records().keySet()).noneMatch(path -> path.contains("disk%20of"));
    }

    private GuestEntry entry(String guest) throws OwnershipException {
        return alpha.ownership().guest(guest).orElseThrow();
    }

    private static void refused(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        OwnershipException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }
}
