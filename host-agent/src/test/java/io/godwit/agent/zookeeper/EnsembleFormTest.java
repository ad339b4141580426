package io.godwit.agent.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.godwit.agent.zookeeper.Ensemble.Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnsembleFormTest {
    @TempDir
    Path data = Path.of("");

    @Test
    void portsMayBeLeftOut() {
        Ensemble ensemble = Ensemble.parse(2, List.of("1=zk1", "2=[fd00::2]:2889:3889", "3=192.0.2.13"));
        assertThat(ensemble.servers())
                .containsEntry(1, new Server("zk1", 2888, 3888))
                .containsEntry(2, new Server("[fd00::2]", 2889, 3889))
                .containsEntry(3, new Server("192.0.2.13", 2888, 3888));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            4 | 1=zk1,2=zk2,3=zk3     | Server 4 is not among
            0 | 1=zk1,2=zk2,3=zk3     | Server 0 is not among
            1 | 1=zk1,2=zk2           | name three or five
            1 | 1=zk1,1=zk2,3=zk3     | given twice
            1 | 1=zk1,2=zk2,0=zk3     | not from 1 to 255
            1 | 1=zk1,2=zk2,3=zk3:1   | not a server such as
            1 | 1=zk1,2=zk2,zk3       | not a server such as
            1 | 1=zk1,2=zk2,3=a:70000:1 | not from 1 to 65535
            """)
    void whatIsNoEnsembleIsRefused(int id, String servers, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ensemble.parse(id, List.of(servers.split(",", -1))))
                .withMessageContaining(reason);
    }

    @Test
    void theDataOfOneServerAreNotGivenToAnother() throws Exception {
        Files.createDirectories(data.resolve("data"));
        Files.writeString(data.resolve("data/myid"), "2\n");
        Ensemble ensemble = Ensemble.parse(1, List.of("1=127.0.0.1", "2=127.0.0.1", "3=127.0.0.1"));
        assertThatIOException()
                .isThrownBy(() -> ZooKeeperServer.start(new ServerSettings(data, "127.0.0.1", 1, 200, null, ensemble)))
                .withMessageContaining("the data of server 2, not 1");
    }
}
