package dev.larder.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** What is said of a name in {@code application.yml} that there is not. */
class UnknownSettingAnalyzerTest {

  private static @Nullable FailureAnalysis analysisOf(String... names) {
    Set<ConfigurationProperty> unbound = new LinkedHashSet<>();
    for (String name : names) {
      unbound.add(new ConfigurationProperty(ConfigurationPropertyName.of(name), "7", null));
    }
    return new UnknownSettingAnalyzer()
        .analyze(new IllegalStateException(new UnboundConfigurationPropertiesException(unbound)));
  }

  private static String said(String... names) {
    return Objects.requireNonNull(analysisOf(names)).getDescription();
  }

  @Test
  void nearestNameIsTold() {
    assertThat(said("larder.cache.books.maximum-sice"))
        .contains("Property: larder.cache.books.maximum-sice", "Value: \"7\"", "Origin: ")
        .contains("setting of a cache, did you mean 'maximum-size'?");
    assertThat(said("larder.default.tttl")).contains("did you mean 'ttl'?");
    assertThat(said("larder.servr.port")).contains("part of larder, did you mean 'server'?");
    assertThat(said("larder.create-missing-cache")).contains("'create-missing-caches'");
  }

  @Test
  void allMistakesAreTold() {
    assertThat(said("larder.default.tttl", "larder.chace.books.ttl")).contains("'ttl'", "'cache'");
  }

  @Test
  void nameWithDotsIsToldToNeedBrackets() {
    assertThat(said("larder.cache.com.acme.user.ttl")).contains("\"larder.cache[com.acme.User].");
  }

  @Test
  void namesOfOthersAreLeftToBoot() {
    assertThat(analysisOf("larder.default.tttl", "server.prt")).isNull();
  }
}
