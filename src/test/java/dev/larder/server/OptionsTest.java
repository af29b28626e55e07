package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class OptionsTest {

  @Test
  void defaultsAreThoseOfRedis() throws Exception {
    Options options = Options.parse();
    assertThat(options.port()).isEqualTo(LarderServer.DEFAULT_PORT);
    assertThat(options.bind()).isEqualTo("127.0.0.1");
    assertThat(options.databases()).isEqualTo(16);
    assertThat(options.maxClients()).isEqualTo(LarderServer.DEFAULT_MAX_CLIENTS);
    assertThat(options.inlineReplies()).isEqualTo(InlineReplies.LINE);
  }

  @Test
  void valuesFollowAsNextWordOrBehindAnEqualsSign() throws Exception {
    Options options = Options.parse("--port", "7000", "--inline-replies=resp", "--databases", "3");
    assertThat(options.port()).isEqualTo(7000);
    assertThat(options.inlineReplies()).isEqualTo(InlineReplies.RESP);
    assertThat(options.databases()).isEqualTo(3);
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
        {"expected a number from 0 to 65535 for --port but was 'abc'",                   new String[] {"--port", "abc"}},
        {"expected a number from 0 to 65535 for --port but was '65536'",                 new String[] {"--port=65536"}},
        {"expected a number from 1 to 1000000 for --databases but was '0'",              new String[] {"--databases", "0"}},
        {"expected line or resp for --inline-replies but was 'xml'",                     new String[] {"--inline-replies", "xml"}},
        {"expected no value for --help but was '--help=me'",                             new String[] {"--help=me"}}};
    // spotless:on
    for (Object[] example : cases) {
      assertThatThrownBy(() -> Options.parse((String[]) example[1]))
          .isInstanceOf(Options.UsageException.class)
          .hasMessage((String) example[0]);
    }
  }
}
