package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.server.command.Config;
import org.junit.jupiter.api.Test;

final class OptionsTest {

  @Test
  void defaultsAreThoseOfRedis() throws Exception {
    Config config = Options.parse().config();
    assertThat(config.number("port")).isEqualTo(LarderServer.DEFAULT_PORT);
    assertThat(config.get("bind")).isEqualTo("127.0.0.1");
    assertThat(config.number("databases")).isEqualTo(16);
    assertThat(config.number("maxclients")).isEqualTo(LarderServer.DEFAULT_MAX_CLIENTS);
    assertThat(config.get("inline-replies")).isEqualTo("line");
  }

  @Test
  void valuesFollowAsNextWordOrBehindAnEqualsSign() throws Exception {
    Config config =
        Options.parse("--port", "7000", "--inline-replies=resp", "--databases", "3").config();
    assertThat(config.number("port")).isEqualTo(7000);
    assertThat(config.get("inline-replies")).isEqualTo("resp");
    assertThat(config.number("databases")).isEqualTo(3);
  }

  @Test
  void whatIsNotUnderstoodIsSaidWithWhatWasExpected() {
    // spotless:off
    Object[][] cases = {
        {"unknown option '--prot', did you mean --port?",                                new String[] {"--prot", "1"}},
        {"unknown option '--max-clients', did you mean --maxclients?",                   new String[] {"--max-clients=1"}},
        {"unknown option '-h', did you mean --help?",                                    new String[] {"-h"}},
        {"expected an option such as --port but was 'redis.conf'",                       new String[] {"redis.conf"}},
        {"expected a value for --port: --port n",                                        new String[] {"--port"}},
        {"expected n for --port but was 'abc': argument couldn't be parsed into an integer", new String[] {"--port", "abc"}},
        {"expected n for --port but was '65536': argument must be between 0 and 65535 inclusive", new String[] {"--port=65536"}},
        {"expected n for --databases but was '0': argument must be between 1 and 1000000 inclusive", new String[] {"--databases", "0"}},
        {"expected line|resp for --inline-replies but was 'xml': argument(s) must be one of the following: line, resp", new String[] {"--inline-replies", "xml"}},
        {"expected no value for --help but was '--help=me'",                             new String[] {"--help=me"}}};
    // spotless:on
    for (Object[] example : cases) {
      assertThatThrownBy(() -> Options.parse((String[]) example[1]))
          .isInstanceOf(Options.UsageException.class)
          .hasMessage((String) example[0]);
    }
  }
}
