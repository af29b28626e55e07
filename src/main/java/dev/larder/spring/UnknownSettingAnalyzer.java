package dev.larder.spring;

import dev.larder.server.command.Spelling;
import dev.larder.spring.LarderProperties.CacheSettings;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;

/**
 * Says of a name in {@code application.yml} that Larder does not know what Boot says, where it is,
 * and which one was meant. Boot finds this by {@code META-INF/spring.factories}; it comes before
 * Boot's own, which has no word for the second.
 */
@Order(0)
final class UnknownSettingAnalyzer
    extends AbstractFailureAnalyzer<UnboundConfigurationPropertiesException> {
  private static final ConfigurationPropertyName LARDER = ConfigurationPropertyName.of("larder");
  private static final List<String> SECTIONS =
      List.of("default", "cache", "server", "create-missing-caches");

  UnknownSettingAnalyzer() {}

  @Override
  protected @Nullable FailureAnalysis analyze(
      Throwable rootFailure, UnboundConfigurationPropertiesException cause) {
    StringBuilder description = new StringBuilder("Larder does not know these settings:\n");
    for (ConfigurationProperty one : cause.getUnboundProperties()) {
      if (!LARDER.isAncestorOf(one.getName())) {
        return null; // somebody else's, and Boot's to tell
      }
      description
          .append("\n    Property: ")
          .append(one.getName())
          .append("\n    Value: \"")
          .append(one.getValue())
          .append("\"\n    Origin: ")
          .append(one.getOrigin())
          .append("\n    Reason: ")
          .append(reason(one.getName()))
          .append('\n');
    }
    return new FailureAnalysis(
        description.toString(), "Update your application's configuration", cause);
  }

  private static String reason(ConfigurationPropertyName name) {
    String section = name.getElement(1, Form.UNIFORM);
    int last = name.getNumberOfElements() - 1;
    boolean isOfCache = section.equals("cache");
    if (isOfCache && last > 3) { // larder.cache.com.acme.User.ttl
      return "a cache's name with dots needs brackets: \"larder.cache[com.acme.User].ttl\"";
    }
    int place = isOfCache ? 3 : section.equals("default") ? 2 : 1;
    boolean isSetting = place > 1 && place <= last;
    String word = name.getElement(isSetting ? place : 1, Form.DASHED);
    return "unknown "
        + (isSetting ? "setting of a cache" : "part of larder")
        + ", did you mean '"
        + Spelling.nearest(word, isSetting ? settings() : SECTIONS)
        + "'?";
  }

  private static List<String> settings() {
    return Stream.of(CacheSettings.class.getRecordComponents())
        .map(RecordComponent::getName)
        .map(DataObjectPropertyName::toDashedForm)
        .toList();
  }
}
