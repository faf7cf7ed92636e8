// NearLoads: how a NearCache gets what it lacks: by way of the far cache, measured and weighed. Its
// lower half; the promises are NearCache's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "kit/cache/loading_cache.h"
#include "kit/cache/s3_fifo.h"
#include "platform/cache/near_options.h"
#include "platform/cache/read_through.h"

namespace ashlar::cache {

template <class Value>
class NearLoads {
 public:
  using Ptr = std::shared_ptr<const Value>;
  using Loaded = base::Result<std::optional<Value>>;
  struct Item {
    Ptr value;
    base::Mono loaded;
  };
  using Cache = kit::LoadingCache<std::string, Item, base::Error, kit::S3Fifo>;
  using Load = typename Cache::Load;

  NearLoads(Codec<Value> codec, FarRegion& region) : codec_(std::move(codec)), region_(region) {}

  Item make_item(Value value, base::Mono loaded) const {
    return {std::make_shared<const Value>(std::move(value)), loaded};
  }
  [[nodiscard]] std::uint32_t weight_of(std::string_view key, const Value& value) const {
    constexpr std::size_t kOverhead = 160;  // of an entry: table, links, shared_ptr
    constexpr std::size_t kHeaviest = 1U << 30;
    const std::size_t bytes = codec_.bytes ? codec_.bytes(value) : sizeof(Value);
    return static_cast<std::uint32_t>(std::min(key.size() + bytes + kOverhead, kHeaviest));
  }

  template <class Loader>
  Load fetch(const std::string& key, Loader& load) const {
    const base::Mono begun = region_.clock().mono();
    Loaded loaded = read_through(region_, codec_, key, load);
    Load out = Load::absent();
    if (!loaded.ok()) {
      out = Load::failed(loaded.error());
    } else if (*loaded) {
      const std::uint32_t weight = weight_of(key, **loaded);
      out = Load::found(make_item(std::move(**loaded), begun));
      out.weight = weight;
    }
    out.took = region_.clock().mono() - begun;
    return out;
  }

  // For this caller only; not kept here.
  template <class Loader>
  base::Result<Ptr> alone(const std::string& key, base::Mono deadline, Loader& load) const {
    const base::Mono now = region_.clock().mono();
    if (now >= deadline) {
      return base::fail(base::Code::kDeadline, "cache_deadline", "another's load took too long");
    }
    Loaded loaded = read_through(region_, codec_, key, load);
    if (!loaded.ok()) return std::move(loaded).error();
    if (!*loaded) return Ptr();
    return make_item(std::move(**loaded), now).value;
  }

  typename Cache::Refresher refresher(NearRefresh<Value> refresh) const {
    if (!refresh.submit) return {};
    return {.submit =
                [this, submit = std::move(refresh.submit)](std::function<void(base::Mono)> task) {
                  return submit([this, task = std::move(task)] { task(region_.clock().mono()); });
                },
            .load = [this, load = std::move(refresh.load)](
                        const std::string& key) { return fetch(key, load); }};
  }

 private:
  const Codec<Value> codec_;
  FarRegion& region_;
};

}  // namespace ashlar::cache
