package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.PersistenceOptions;
import dev.larder.server.command.Config;
import java.nio.file.Path;
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
  void filesAreKeptWhereTheProgramStartsUnlessItIsToldOtherwise() throws Exception {
    assertThat(Options.parse().config().persistence())
        .isEqualTo(PersistenceOptions.in(Path.of(".")));
    assertThat(Options.parse("--dir", "").config().isKept()).isFalse();
    assertThat(Options.parse("--dir=data").config().persistence().directory()).isEqualTo("data");
  }

  @Test
  void saveRulesAddUpUntilAnEmptyOneForgetsThem() throws Exception {
    assertThat(Options.parse("--save", "3600 1", "--save=300 100").config().get("save"))
        .isEqualTo("3600 1 300 100");
    assertThat(Options.parse("--save", "60", "1", "--port", "0").config().get("save"))
        .isEqualTo("60 1");
    assertThat(Options.parse("--save", "3600 1", "--save", "").config().get("save")).isEmpty();
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
        {"expected rules for --save but was '60': Invalid save parameters",              new String[] {"--save", "60"}},
        {"expected name for --dbfilename but was '../x': can't be a path, just a filename", new String[] {"--dbfilename", "../x"}},
        {"expected yes|no for --rdbchecksum but was 'no': this server has only 'yes'",   new String[] {"--rdbchecksum", "no"}},
        {"expected no value for --help but was '--help=me'",                             new String[] {"--help=me"}}};
    // spotless:on
    for (Object[] example : cases) {
      assertThatThrownBy(() -> Options.parse((String[]) example[1]))
          .isInstanceOf(Options.UsageException.class)
          .hasMessage((String) example[0]);
    }
  }
}
