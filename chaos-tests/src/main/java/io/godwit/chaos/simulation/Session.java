package io.godwit.chaos.simulation;

/// A session of one agent's client, as ZooKeeper's leader knows it.
final class Session {
    private final long number;
    private final Agent agent;
    private int server;
    private long heardMicros;
    private boolean toldSoon;
    private boolean connectionLost;
    private boolean ended;

    Session(long number, Agent agent, int server, long heardMicros) {
        this.number = number;
        this.agent = agent;
        this.server = server;
        this.heardMicros = heardMicros;
    }

    long number() {
        return number;
    }

    Agent agent() {
        return agent;
    }

    /// Which of the servers the client speaks with.
    int server() {
        return server;
    }

    /// When the leader last heard of it.
    long heardMicros() {
        return heardMicros;
    }

    void heard(long micros) {
        heardMicros = Math.max(heardMicros, micros);
    }

    /// Whether a follower has something to tell the leader about it.
    boolean toldSoon() {
        return toldSoon;
    }

    void setToldSoon(boolean soon) {
        toldSoon = soon;
    }

    /// The client has given up waiting, or noticed a silence: before it asks anything else it finds a server, which
    /// asks the leader whether the session lives.
    void loseConnection() {
        connectionLost = true;
    }

    boolean connectionLost() {
        return connectionLost;
    }

    void reconnect(int toServer) {
        connectionLost = false;
        server = toServer;
    }

    boolean ended() {
        return ended;
    }

    void end() {
        ended = true;
    }

    @Override
    public String toString() {
        return "session " + number;
    }
}
