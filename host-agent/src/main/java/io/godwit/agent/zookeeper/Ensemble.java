package io.godwit.agent.zookeeper;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The servers that make up one ZooKeeper, and which of them this one is.
///
/// @param id       of this server
/// @param servers  by id, all of them: where the others reach it, and on which ports it follows and elects
public record Ensemble(int id, SortedMap<Integer, Server> servers) {
    public static final int ID_MAX = 255;

    private static final int PEER_PORT_DEFAULT = 2888;
    private static final int ELECTION_PORT_DEFAULT = 3888;
    private static final int PORT_MAX = 65_535;
    private static final Pattern SERVER = Pattern.compile(
            "(\\d{1,3})=([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\\[[0-9A-Fa-f:.]{2,45}])(?::(\\d{1,5}):(\\d{1,5}))?");

    /// @param host  a name, or an IP literal, that of IPv6 in brackets
    public record Server(String host, int peerPort, int electionPort) {}

    public Ensemble {
        servers = new TreeMap<>(servers);
        if (!servers.containsKey(id)) {
            throw new IllegalArgumentException(
                    "Server " + id + " is not among the ensemble's servers: " + servers.keySet());
        }
        if (servers.size() < 3) {
            throw new IllegalArgumentException("An ensemble of " + servers.size()
                    + " stands no more failures than one server does: name three or five");
        }
    }

    /// @param servers  each `ID=HOST` or `ID=HOST:PEERPORT:ELECTIONPORT`
    /// @throws IllegalArgumentException if one is none, two have the same id, there are too few, or none has
    ///                                  this id
    public static Ensemble parse(int id, List<String> servers) {
        SortedMap<Integer, Server> parsed = new TreeMap<>();
        for (String text : servers) {
            Matcher matcher = SERVER.matcher(text);
            if (!matcher.matches()) {
                throw new IllegalArgumentException("This is not a server such as 1=zk1 or 1=zk1:2888:3888: " + text);
            }
            int serverId = Integer.parseInt(matcher.group(1));
            Server server = new Server(
                    matcher.group(2),
                    port(matcher.group(3), PEER_PORT_DEFAULT),
                    port(matcher.group(4), ELECTION_PORT_DEFAULT));
            if (serverId < 1 || serverId > ID_MAX || parsed.put(serverId, server) != null) {
                throw new IllegalArgumentException(
                        "A server's id is not from 1 to " + ID_MAX + ", or given twice: " + text);
            }
        }
        return new Ensemble(id, parsed);
    }

    private static int port(@Nullable String text, int fallback) {
        int port = text == null ? fallback : Integer.parseInt(text);
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("A server's port is not from 1 to " + PORT_MAX + ": " + port);
        }
        return port;
    }
}
