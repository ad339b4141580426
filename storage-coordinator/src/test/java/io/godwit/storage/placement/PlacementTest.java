package io.godwit.storage.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.storage.HostEntry;
import io.godwit.storage.HostEntry.HostState;
import io.godwit.storage.placement.Placement.Choice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final long GIB = 1L << 30;
    private static final List<HostState> NOT_ALWAYS_UP =
            List.of(HostState.UP, HostState.DRAINING, HostState.MAINTENANCE);
    private static final RestartPolicy DB = policy("", "db");
    private static final RestartPolicy SHOP = policy("shop", "");

    @Test
    void theHostWithTheFewestGuestsIsTakenThenTheOneWithTheMostRoomThenTheFirst() {
        Candidate two = host("h1", 8, guest("a", 1), guest("b", 1));
        Candidate one = host("h2", 8, guest("c", 4));
        Candidate roomier = host("h3", 8, guest("d", 1));
        assertThat(chosen(guest("new", 1), two, one)).isEqualTo("h2");
        assertThat(chosen(guest("new", 1), two, one, roomier)).isEqualTo("h3");
        assertThat(chosen(guest("new", 1), host("h5", 8), host("h4", 8))).isEqualTo("h4");
    }

    @Test
    void guestsOfOneAntiAffinityGroupAreSpreadBeforeGuestsAtAll() {
        Candidate other = host("h1", 8, new Demand("db1", GIB, DB));
        Candidate full = host("h2", 8, guest("a", 1), guest("b", 1), guest("c", 1));
        assertThat(chosen(new Demand("db2", GIB, DB), other, full)).isEqualTo("h2");
        assertThat(chosen(new Demand("db2", GIB, DB), other)).isEqualTo("h1");
    }

    @Test
    void affinityWinsOverSpread() {
        Candidate together = host("h1", 8, new Demand("shop1", GIB, SHOP), new Demand("db1", GIB, DB));
        Candidate empty = host("h2", 8);
        assertThat(chosen(new Demand("shop2", GIB, policy("shop", "db")), together, empty))
                .isEqualTo("h1");
        assertThat(chosen(new Demand("shop2", 7 * GIB, policy("shop", "db")), together, empty))
                .isEqualTo("h2");
    }

    @Test
    void whereThereIsNoPlaceEveryHostHasItsReason() {
        List<Candidate> hosts = List.of(
                new Candidate(entry("h1", 8, HostState.UP, false), List.of()),
                new Candidate(entry("h2", 8, HostState.MAINTENANCE, true), List.of()),
                new Candidate(entry("h3", 8, HostState.DRAINING, true), List.of()),
                host("h4", 2, guest("a", 1)));
        assertThat(Placement.choose(guest("new", 2), hosts))
                .isInstanceOfSatisfying(
                        Choice.None.class,
                        none -> assertThat(none.words())
                                .isEqualTo("h1 does not answer, h2 is in maintenance, h3 is being drained,"
                                        + " h4 has 1024 MiB free of the 2048 MiB that are needed"));
        assertThat(Placement.choose(guest("new", 1), List.of()))
                .isInstanceOfSatisfying(
                        Choice.None.class, none -> assertThat(none.words()).isEqualTo("there is no other host"));
    }

    @Test
    void whatIsNoGroupOrPriorityIsRefused() {
        assertThatThrownBy(() -> new RestartPolicy("a b", "", 1, true)).hasMessageContaining("group");
        assertThatThrownBy(() -> new RestartPolicy("", "-x", 1, true)).hasMessageContaining("group");
        assertThatThrownBy(() -> new RestartPolicy("", "", 1_001, true)).hasMessageContaining("priority");
        assertThat(RestartPolicy.isGroup("")).isTrue();
    }

    /// Whatever the cluster: the host is one that may be taken, none is better, the order in which hosts are told
    /// of does not matter, and there is no host only if every one of them has a reason.
    @Test
    void inRandomClustersTheChoiceIsLegalBestAndRepeatable() {
        int placed = 0;
        int refused = 0;
        for (int seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            List<Candidate> hosts = cluster(random);
            Demand guest = demand(random, "new");
            Choice choice = Placement.choose(guest, hosts);
            List<Candidate> shuffled = new ArrayList<>(hosts);
            Collections.shuffle(shuffled, random);
            assertThat(Placement.choose(guest, shuffled)).as("seed %d", seed).isEqualTo(choice);
            switch (choice) {
                case Choice.Chosen(String name) -> {
                    placed++;
                    Candidate best = hosts.stream()
                            .filter(host -> host.host().host().equals(name))
                            .findFirst()
                            .orElseThrow();
                    assertThat(mayTake(guest, best)).as("seed %d", seed).isTrue();
                    for (Candidate other : hosts) {
                        assertThat(mayTake(guest, other) && isBetter(guest, other, best))
                                .as("seed %d: %s is better than %s", seed, other, best)
                                .isFalse();
                    }
                }
                case Choice.None none -> {
                    refused++;
                    assertThat(none.reasons()).as("seed %d", seed).hasSameSizeAs(hosts);
                    assertThat(hosts).as("seed %d", seed).noneMatch(host -> mayTake(guest, host));
                }
            }
        }
        assertThat(placed).isGreaterThan(1_000);
        assertThat(refused).isGreaterThan(100);
    }

    private static boolean mayTake(Demand guest, Candidate host) {
        long used = 0;
        for (Demand present : host.guests()) {
            used += present.memoryBytes();
        }
        return host.host().alive()
                && host.host().state() == HostState.UP
                && host.host().memoryBytes() - used >= guest.memoryBytes();
    }

    private static boolean isBetter(Demand guest, Candidate one, Candidate other) {
        long[] ranks = {
            members(other, guest.policy().affinity(), true)
                    - members(one, guest.policy().affinity(), true),
            members(one, guest.policy().antiAffinity(), false)
                    - members(other, guest.policy().antiAffinity(), false),
            one.guests().size() - other.guests().size(),
            other.freeBytes() - one.freeBytes()
        };
        for (long rank : ranks) {
            if (rank != 0) {
                return rank < 0;
            }
        }
        return false;
    }

    private static long members(Candidate host, String group, boolean affinity) {
        long members = 0;
        for (Demand present : host.guests()) {
            String theirs =
                    affinity ? present.policy().affinity() : present.policy().antiAffinity();
            members += !group.isEmpty() && theirs.equals(group) ? 1 : 0;
        }
        return members;
    }

    private static List<Candidate> cluster(Random random) {
        List<Candidate> hosts = new ArrayList<>();
        int count = random.nextInt(6);
        for (int host = 0; host < count; host++) {
            List<Demand> guests = new ArrayList<>();
            int busy = random.nextInt(5);
            for (int guest = 0; guest < busy; guest++) {
                guests.add(demand(random, "g" + host + guest));
            }
            HostState state =
                    random.nextInt(5) == 0 ? NOT_ALWAYS_UP.get(random.nextInt(NOT_ALWAYS_UP.size())) : HostState.UP;
            hosts.add(new Candidate(entry("h" + host, 2 + random.nextInt(6), state, random.nextInt(5) != 0), guests));
        }
        return hosts;
    }

    private static Demand demand(Random random, String name) {
        String[] groups = {"", "", "a", "b"};
        return new Demand(
                name,
                (1 + random.nextInt(3)) * GIB / 2,
                policy(groups[random.nextInt(groups.length)], groups[random.nextInt(groups.length)]));
    }

    private static String chosen(Demand guest, Candidate... hosts) {
        Choice choice = Placement.choose(guest, List.of(hosts));
        assertThat(choice).isInstanceOf(Choice.Chosen.class);
        return ((Choice.Chosen) choice).host();
    }

    private static Demand guest(String name, long gib) {
        return new Demand(name, gib * GIB, RestartPolicy.DEFAULT);
    }

    private static RestartPolicy policy(String affinity, String antiAffinity) {
        return new RestartPolicy(affinity, antiAffinity, RestartPolicy.PRIORITY_DEFAULT, true);
    }

    private static Candidate host(String name, long gib, Demand... guests) {
        return new Candidate(entry(name, gib, HostState.UP, true), List.of(guests));
    }

    private static HostEntry entry(String name, long gib, HostState state, boolean alive) {
        return new HostEntry(name, "127.0.0.1", 1, 2, gib * GIB, state, 1_800, alive);
    }
}
