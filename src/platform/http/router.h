// Router: finds the row of the route table for a method and a path.
//
// Literal segments win over {names}; a literal that leads nowhere, or to no row of the method,
// falls back to a {name}: a link whose code is "bulk" is still found beside POST /v1/links/bulk.
// Paths are compared as sent: a percent-encoded '/' never splits a segment. Where a WebSocket's
// path ends in a {name}, that takes the rest, slashes too: its clients put names into it as they
// are. A path that no row has leads GET and HEAD to the stray row, where there is one.
// Endpoints live as long as the Router and are never moved. Immutable once built; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/route.h"

namespace ashlar::obs {
class Counter;
class Histogram;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::http {

// The path of the stray row: a name only, since whatever is asked for may come to it. GET, inline;
// what it declines (inline_request.h) is answered as if it were not there. At most one in a table.
inline constexpr std::string_view kStrayPath = "/*";

// A route and what is counted about it.
struct Endpoint {
  Route route;
  std::array<obs::Counter*, 6> answers;  // by status / 100; [0] is never used
  obs::Histogram* duration_s;
};

class Router {
 public:
  static constexpr std::size_t kMaxParams = 2;  // resources are at most two levels deep

  // REQUIRES: no two rows with one method and the same shape of path.
  Router(RouteTable table, obs::Registry& metrics);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  struct Match {
    const Endpoint* endpoint = nullptr;
    std::array<std::string_view, kMaxParams> params{};  // as sent
    std::size_t param_count = 0;
    // Without an endpoint: another method would do, 405, see allowed(). With one: it is no stray.
    bool path_exists = false;
  };
  // HEAD finds GET's row. The stray row's match has no parameters.
  [[nodiscard]] Match match(Method method, std::string_view path) const;
  // "GET, HEAD, PATCH", for Allow and CORS; empty when nothing is at that path.
  [[nodiscard]] std::string allowed(std::string_view path) const;

  [[nodiscard]] const std::deque<Endpoint>& endpoints() const { return endpoints_; }
  // Where answers are counted that belong to no row: nothing at that path, not HTTP, too late.
  [[nodiscard]] const Endpoint& unmatched() const { return *unmatched_; }

 private:
  struct Node;
  static constexpr std::size_t kMaxDepth = 8;
  using Methods = std::uint32_t;  // a bit for each
  // The first node at that path with a row of one of the methods.
  const Node* find(const Node& from, std::string_view rest, Methods methods, Match& match) const;

  std::deque<Endpoint> endpoints_;
  std::unique_ptr<Endpoint> unmatched_;
  const Endpoint* stray_ = nullptr;
  std::unique_ptr<Node> root_;
};

std::string_view method_name(Method method);

}  // namespace ashlar::http
