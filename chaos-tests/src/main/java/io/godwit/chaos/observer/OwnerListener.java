package io.godwit.chaos.observer;

import io.godwit.chaos.history.Event;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the guests' owner records several times a second, as any client of ZooKeeper may: of two changes in
/// quick succession it sees only the second, which the versions show.
final class OwnerListener implements Runnable {
    private static final int SESSION_MS = 6_000;
    private static final long INTERVAL_MS = 150;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final String servers;
    private final Set<String> guests;
    private final Consumer<Event> events;
    private final Map<String, Long> seen = new HashMap<>();

    OwnerListener(String servers, Set<String> guests, Consumer<Event> events) {
        this.servers = servers;
        this.guests = Set.copyOf(guests);
        this.events = events;
    }

    @Override
    public void run() {
        try {
            while (true) {
                readUntilItsSessionIsLost();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void readUntilItsSessionIsLost() throws InterruptedException {
        ZooKeeper zookeeper;
        try {
            zookeeper = new ZooKeeper(servers, SESSION_MS, _ -> {});
        } catch (IOException e) {
            // No socket to be had just now: the caller begins again.
            TimeUnit.MILLISECONDS.sleep(INTERVAL_MS);
            return;
        }
        try {
            while (zookeeper.getState().isAlive()) {
                for (String guest : guests) {
                    read(zookeeper, guest);
                }
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MS);
            }
        } finally {
            zookeeper.close();
        }
    }

    private void read(ZooKeeper zookeeper, String guest) throws InterruptedException {
        Stat stat = new Stat();
        try {
            byte[] record = zookeeper.getData("/godwit/guests/" + guest + "/owner", false, stat);
            // Another server may lag behind the one that was asked before.
            if (stat.getMzxid() > seen.getOrDefault(guest, 0L)) {
                seen.put(guest, stat.getMzxid());
                tell(guest, JSON.readTree(record), stat);
            }
        } catch (KeeperException | JacksonException e) {
            // Not there yet, no server there, or written by somebody else: the next reading may know more.
        }
    }

    private void tell(String guest, JsonNode record, Stat stat) {
        events.accept(new Event.OwnerSeen(
                System.nanoTime(),
                guest,
                stat.getMzxid(),
                stat.getVersion(),
                record.path("host").asString(""),
                record.path("epoch").asLong(0),
                record.path("state").asString(""),
                record.path("target").asString("")));
    }
}
