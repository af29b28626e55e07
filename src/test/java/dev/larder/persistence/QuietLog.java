package dev.larder.persistence;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For tests in which files fail thousands of times: nobody wants to read that. */
final class QuietLog implements BeforeAllCallback, AfterAllCallback {
  private static final Logger LOG = Logger.getLogger("dev.larder.persistence");

  @Override
  public void beforeAll(ExtensionContext context) {
    LOG.setLevel(Level.OFF);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    LOG.setLevel(null);
  }
}
