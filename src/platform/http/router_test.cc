#include "platform/http/router.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "platform/observability/metrics.h"

namespace ashlar::http {
namespace {

RouteTable table_of(std::initializer_list<std::pair<Method, std::string_view>> rows) {
  RouteTable table;
  for (const auto& [method, path] : rows) {
    table.push_back({.method = method,
                     .path = path,
                     .summary = std::string_view("A row"),
                     .module = std::string_view("test"),
                     .tenancy = Tenancy::kPublic,
                     .scope = std::string_view(""),
                     .cost = 1,
                     .idempotency = Idempotency::kNatural,
                     .deadline = base::Millis{1},
                     .handler = Handler(WorkerHandler())});
  }
  return table;
}

TEST(Router, LiteralsWinWhereTheyHaveTheMethod) {
  obs::Registry metrics;
  const Router router(table_of({{Method::kGet, "/links"},
                                {Method::kGet, "/links/{code}"},
                                {Method::kPatch, "/links/{code}"},
                                {Method::kPost, "/links/bulk"},
                                {Method::kGet, "/links/{code}/stats"},
                                {Method::kGet, "/links/all/stats"},
                                {Method::kPost, "/links/{code}/unlock"}}),
                      metrics);
  // The row's path and its parameter; "405", "404" where there is none.
  const auto found = [&](Method method, std::string_view path) -> std::string {
    const Router::Match match = router.match(method, path);
    if (match.endpoint == nullptr) return match.path_exists ? "405" : "404";
    std::string line(match.endpoint->route.path.value);
    for (std::size_t i = 0; i < match.param_count; ++i) line += " " + std::string(match.params[i]);
    return line;
  };
  struct Case {
    Method method;
    std::string_view path, expected;
  };
  for (const Case& each :
       {Case{Method::kGet, "/links", "/links"}, Case{Method::kHead, "/links", "/links"},
        Case{Method::kPost, "/links", "405"}, Case{Method::kPost, "/links/bulk", "/links/bulk"},
        Case{Method::kGet, "/links/bulk", "/links/{code} bulk"},
        Case{Method::kHead, "/links/bulk", "/links/{code} bulk"},
        Case{Method::kPatch, "/links/bulk", "/links/{code} bulk"},
        Case{Method::kPost, "/links/bulks", "405"}, Case{Method::kDelete, "/links/bulk", "405"},
        Case{Method::kOther, "/links/bulk", "405"},
        Case{Method::kGet, "/links/bulk/stats", "/links/{code}/stats bulk"},
        Case{Method::kGet, "/links/all/stats", "/links/all/stats"},
        Case{Method::kPost, "/links/all/unlock", "/links/{code}/unlock all"},
        Case{Method::kPost, "/links/all/stats", "405"}, Case{Method::kGet, "/links/", "404"},
        Case{Method::kGet, "/link", "404"}, Case{Method::kGet, "links", "404"}}) {
    EXPECT_EQ(found(each.method, each.path), each.expected) << each.path;
  }
  EXPECT_EQ(router.allowed("/links/bulk"), "GET, HEAD, POST, PATCH");
  EXPECT_EQ(router.allowed("/links/all/stats"), "GET, HEAD");
  EXPECT_EQ(router.allowed("/nowhere"), "");
}

TEST(Router, TheStrayRowTakesGetOfWhatNoRowHas) {
  obs::Registry metrics;
  RouteTable table = table_of({{Method::kGet, "/{code}"}, {Method::kPost, "/{code}/unlock"}});
  for (Route& stray : table_of({{Method::kGet, kStrayPath}})) {
    stray.handler = Handler(InlineHandler{});
    table.push_back(std::move(stray));
  }
  const Router router(std::move(table), metrics);
  const auto path_of = [&](Method method, std::string_view path) -> std::string {
    const Router::Match match = router.match(method, path);
    if (match.endpoint == nullptr) return match.path_exists ? "405" : "404";
    EXPECT_EQ(match.path_exists, match.endpoint->route.path.value != kStrayPath);
    return std::string(match.endpoint->route.path.value);
  };
  EXPECT_EQ(path_of(Method::kGet, "/a/b/c"), "/*");
  EXPECT_EQ(path_of(Method::kHead, "/a/b"), "/*");
  EXPECT_EQ(path_of(Method::kGet, "//"), "/*");
  EXPECT_EQ(path_of(Method::kPost, "/a/b/c"), "404");
  EXPECT_EQ(path_of(Method::kOptions, "/a/b/c"), "404");
  EXPECT_EQ(path_of(Method::kGet, "/a/unlock"), "405");
  EXPECT_EQ(path_of(Method::kGet, "/*"), "/{code}");
  EXPECT_EQ(path_of(Method::kGet, "*"), "404");
  EXPECT_EQ(router.allowed("/a/b/c"), "");
}

}  // namespace
}  // namespace ashlar::http
