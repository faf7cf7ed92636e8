// Providers: the ones that an installation has, and in which order a new authorisation tries them.
// Which one a payment is with is the payment's own: it is stored, and asked for by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ashlar::payments {

class Provider;
struct ProviderCall;

class Providers {
 public:
  virtual ~Providers() = default;
  // Names, at least one unless none takes such a call. The next is tried only after the one before
  // has certainly done nothing, and under a key of its own that was stored before.
  [[nodiscard]] virtual std::vector<std::string> route(const ProviderCall& call) const = 0;
  // Null: there is none of this name (any more). Lives as long as this.
  [[nodiscard]] virtual Provider* find(std::string_view name) const = 0;
};

}  // namespace ashlar::payments
