// read_through: a load by way of the far cache. What the near cache lacks is asked for there first;
// what is not there either is loaded from the source and stored.
//
// `load(key)` returns base::Result<std::optional<Value>>, nullopt for what does not exist. Its time
// and errors are counted. What the codec cannot read counts as not there.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "platform/cache/far_region.h"
#include "platform/cache/load_metrics.h"

namespace ashlar::cache {

template <class Value>
struct Codec {
  std::function<std::string(const Value&)> encode;
  std::function<std::optional<Value>(std::string_view)> decode;
  std::function<std::size_t(const Value&)> bytes;  // in memory; may be empty: sizeof(Value)
};

template <class Value, class Load>
base::Result<std::optional<Value>> read_through(FarRegion& region, const Codec<Value>& codec,
                                                const std::string& key, Load&& load) {
  using Kind = FarRegion::Read::Kind;
  const FarRegion::Read read = region.read(key);
  if (read.kind == Kind::kAbsent) return std::optional<Value>();
  if (read.kind == Kind::kValue) {
    if (std::optional<Value> value = codec.decode(read.value)) return value;
  }
  const base::Mono begun = region.clock().mono();
  base::Result<std::optional<Value>> loaded = std::forward<Load>(load)(key);
  region.metrics().loaded(region.clock().mono() - begun, !loaded.ok());
  if (!loaded.ok()) {
    region.release(key, read);
  } else if (read.lease != 0) {
    std::optional<std::string> bytes;
    if (*loaded) bytes = codec.encode(**loaded);
    region.store(key, read, bytes ? std::optional<std::string_view>(*bytes) : std::nullopt);
  }
  return loaded;
}

}  // namespace ashlar::cache
