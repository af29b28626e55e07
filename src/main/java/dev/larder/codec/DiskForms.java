package dev.larder.codec;

/**
 * How the entries of one cache are on disk.
 *
 * @param keys its keys
 * @param values its values
 */
public record DiskForms<K, V>(DiskForm<K> keys, DiskForm<V> values) {}
