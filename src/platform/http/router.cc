#include "platform/http/router.h"

#include "base/check.h"
#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

constexpr std::size_t kMethods = static_cast<std::size_t>(Method::kOther);
constexpr std::uint32_t kAllMethods = (1U << kMethods) - 1;
constexpr std::uint32_t bit_of(Method method) { return 1U << static_cast<unsigned>(method); }

// Takes "/segment" off the front of `rest`; what remains is empty or starts with '/'.
std::string_view take_segment(std::string_view& rest) {
  const std::size_t end = rest.find('/', 1);
  const std::string_view segment = rest.substr(1, end == std::string_view::npos ? end : end - 1);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return segment;
}

Route no_route() {
  return {.method = Method::kOther,
          .path = std::string_view("unmatched"),
          .summary = std::string_view(""),
          .module = std::string_view("platform"),
          .tenancy = Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = Idempotency::kNatural,
          .deadline = base::Millis{0},
          .handler = Handler(WorkerHandler())};
}

Endpoint make_endpoint(Route route, obs::Registry& metrics) {
  Endpoint endpoint{std::move(route), {}, nullptr};
  const std::string method(method_name(endpoint.route.method));
  const std::string path(endpoint.route.path.value);
  static constexpr std::array<const char*, 6> kClasses{"", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 1; i < kClasses.size(); ++i) {
    endpoint.answers[i] = &metrics.make_counter(
        "ashlar_http_requests_total", "Answered requests by route and class of status.",
        {{"method", method}, {"route", path}, {"status", kClasses[i]}});
  }
  endpoint.duration_s = &metrics.make_histogram(
      "ashlar_http_request_duration_seconds", "From the request's last byte read to its answer.",
      obs::http_duration_buckets_s(), {{"method", method}, {"route", path}});
  return endpoint;
}

}  // namespace

struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> param;
  std::array<const Endpoint*, kMethods> by_method{};
  Methods methods = 0;      // of by_method
  bool takes_rest = false;  // slashes too

  Node& child(std::string_view segment) {
    if (segment.starts_with('{')) {
      if (!param) param = std::make_unique<Node>();
      return *param;
    }
    for (auto& [name, node] : literals) {
      if (name == segment) return *node;
    }
    return *literals.emplace_back(segment, std::make_unique<Node>()).second;
  }
};

std::string_view method_name(Method method) {
  static constexpr std::array<std::string_view, kMethods + 1> kNames{
      "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};
  return kNames[static_cast<std::size_t>(method)];
}

Router::Router(RouteTable table, obs::Registry& metrics)
    : unmatched_(std::make_unique<Endpoint>(make_endpoint(no_route(), metrics))),
      root_(std::make_unique<Node>()) {
  for (Route& route : table) {
    CHECK(route.method != Method::kOther && route.path.value.starts_with('/'));
    // A record of an Idempotency-Key must commit with the effect. A transaction handler's does; a
    // late handler keeps its record itself, where its effect commits (the ledger's batches), and so
    // does a platform route, which has no tenant to run a transaction for.
    CHECK(route.idempotency == Idempotency::kNatural ||
          std::holds_alternative<TransactionHandler>(route.handler.value) ||
          std::holds_alternative<LateHandler>(route.handler.value) ||
          (route.tenancy == Tenancy::kPlatform &&
           std::holds_alternative<WorkerHandler>(route.handler.value)));
    CHECK(std::holds_alternative<WebSocketHandler>(route.handler.value) == (route.success == 101) &&
          (route.success != 101 || route.method == Method::kGet));
    const Endpoint& endpoint = endpoints_.emplace_back(make_endpoint(std::move(route), metrics));
    if (endpoint.route.path.value == kStrayPath) {
      CHECK(stray_ == nullptr && endpoint.route.method == Method::kGet &&
            std::holds_alternative<InlineHandler>(endpoint.route.handler.value));
      stray_ = &endpoint;
      continue;
    }
    Node* node = root_.get();
    std::size_t depth = 0;
    std::size_t params = 0;
    for (std::string_view rest = endpoint.route.path; !rest.empty(); ++depth) {
      const std::string_view segment = take_segment(rest);
      params += segment.starts_with('{') ? 1 : 0;
      node = &node->child(segment);
    }
    CHECK(depth <= kMaxDepth && params <= kMaxParams);
    const Endpoint*& slot = node->by_method[static_cast<std::size_t>(endpoint.route.method.value)];
    CHECK(slot == nullptr);
    slot = &endpoint;
    node->methods |= bit_of(endpoint.route.method);
    node->takes_rest = endpoint.route.success == 101 && endpoint.route.path.value.ends_with('}');
  }
}

Router::~Router() = default;

// Goes down in place where there is one way only. Depth is bounded by that of the tree, so
// recursion is too. Where nothing is found `match` may hold parameters of ways that led nowhere.
const Router::Node* Router::find(const Node& from, std::string_view rest, Methods methods,
                                 Match& match) const {
  const Node* node = &from;
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    const Node* literal = nullptr;
    for (const auto& [name, child] : node->literals) {
      if (name != segment) continue;
      literal = child.get();
      break;
    }
    const Node* const param = segment.empty() ? nullptr : node->param.get();
    if (literal != nullptr && param == nullptr) {
      node = literal;
      continue;
    }
    if (literal != nullptr) {
      const std::size_t params = match.param_count;
      if (const Node* found = find(*literal, rest, methods, match)) return found;
      match.param_count = params;
    }
    if (param == nullptr) return nullptr;
    const bool takes_all = param->takes_rest && !rest.empty();
    match.params[match.param_count++] =
        takes_all ? std::string_view(segment.data(), segment.size() + rest.size()) : segment;
    node = param;
    if (takes_all) break;
  }
  return (node->methods & methods) != 0 ? node : nullptr;
}

Router::Match Router::match(Method method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  Methods wanted = method == Method::kOther ? 0 : bit_of(method);
  if (method == Method::kHead) wanted |= bit_of(Method::kGet);
  const Node* node = find(*root_, path, wanted, match);
  if (node == nullptr) {
    Match other;
    match = {};
    match.path_exists = find(*root_, path, kAllMethods, other) != nullptr;
    if (!match.path_exists && (wanted & bit_of(Method::kGet)) != 0) match.endpoint = stray_;
    return match;
  }
  match.path_exists = true;
  match.endpoint = node->by_method[static_cast<std::size_t>(method)];
  if (match.endpoint == nullptr && method == Method::kHead) {
    match.endpoint = node->by_method[static_cast<std::size_t>(Method::kGet)];
  }
  return match;
}

std::string Router::allowed(std::string_view path) const {
  std::string out;
  if (!path.starts_with('/')) return out;
  for (std::size_t i = 0; i < kMethods; ++i) {
    const auto method = static_cast<Method>(i);
    const Match found = match(method, path);
    if (found.endpoint == nullptr || !found.path_exists) continue;
    if (!out.empty()) out += ", ";
    out += method_name(method);
  }
  return out;
}

}  // namespace ashlar::http
