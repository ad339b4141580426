package io.godwit.chaos.acceptance;

import io.godwit.chaos.lab.Lab;
import io.godwit.chaos.lab.LabException;
import io.godwit.chaos.lab.LabNetwork;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Gives a guest's record to another host once the owner's session is gone, as a takeover does: in a process of its
/// own, for the records are reached from within the lab only.
public final class OwnerThief {
    private static final long PATIENCE_MS = 30_000;

    private OwnerThief() {}

    /// Begins to wait for the end of the owner's session.
    static Process launch(Lab lab, String guest, String owner, String thief) {
        Path module = Path.of("").toAbsolutePath();
        try {
            return new ProcessBuilder(lab.host(2)
                            .namespace()
                            .wrap(
                                    ProcessHandle.current().info().command().orElseThrow(),
                                    "-XX:+UseSerialGC",
                                    "-XX:TieredStopAtLevel=1",
                                    "-Xmx64m",
                                    "-cp",
                                    module.resolve("target/test-classes") + ":" + module.resolve("target/godwit/lib")
                                            + "/*",
                                    OwnerThief.class.getName(),
                                    guest,
                                    owner,
                                    thief))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            lab.host(2).folder().resolve("thief.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new LabException("The thief cannot be started", e);
        }
    }

    /// @param arguments the guest, its owner, and whom to give it to
    public static void main(String[] arguments) throws Exception {
        String record = "/godwit/guests/" + arguments[0] + "/owner";
        String alive = "/godwit/hosts/" + arguments[1] + "/alive";
        ZooKeeper client = new ZooKeeper(LabNetwork.ZOOKEEPER_ADDRESS + ":2181", 10_000, _ -> {});
        try {
            long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
            while (client.exists(alive, false) != null) {
                if (System.nanoTime() > deadlineNs) {
                    throw new LabException("The session of " + arguments[1] + " does not end");
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
            Stat stat = new Stat();
            byte[] before = client.getData(record, false, stat);
            ObjectNode owner = (ObjectNode) JsonMapper.shared().readTree(before);
            owner.put("host", arguments[2]).put("epoch", owner.path("epoch").asLong(0) + 1);
            client.setData(
                    record,
                    JsonMapper.shared().writeValueAsString(owner).getBytes(StandardCharsets.UTF_8),
                    stat.getVersion());
        } finally {
            client.close();
        }
    }

    static List<String> log(Lab lab) throws IOException {
        return Files.readAllLines(lab.host(2).folder().resolve("thief.log"));
    }
}
