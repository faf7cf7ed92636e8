// What one request costs to parse, as it comes: a bare redirect, the same from a browser, a create
// from an API client.
#include <benchmark/benchmark.h>

#include <string_view>

#include "base/check.h"
#include "platform/http/http_parser.h"

namespace {

constexpr std::string_view kBare =
    "GET /aB3xYz HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

constexpr std::string_view kBrowser =
    "GET /aB3xYz HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "Connection: keep-alive\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: none\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "\r\n";

constexpr std::string_view kCreate =
    "POST /v1/links HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "Authorization: Bearer ash_live_4f9J2kQ0aZbYcXdWeVfUgThSiRjQkPlO\r\n"
    "Content-Type: application/json\r\n"
    "Idempotency-Key: 7f9c2ba4-e88f-4b35-9c1d-0a6f6d1f1d55\r\n"
    "Content-Length: 54\r\n"
    "\r\n";

void parse(benchmark::State& state, std::string_view request) {
  ashlar::http::RequestHead head;
  ashlar::http::ParseError error;
  const ashlar::http::ParserLimits limits;
  for (auto _ : state) {
    benchmark::DoNotOptimize(request);
    const auto answer = ashlar::http::parse_request_head(request, limits, head, error);
    CHECK(answer == ashlar::http::ParseState::kComplete);
    benchmark::DoNotOptimize(head.path);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * request.size()));
}

BENCHMARK_CAPTURE(parse, bare_redirect, kBare);
BENCHMARK_CAPTURE(parse, browser_redirect, kBrowser);
BENCHMARK_CAPTURE(parse, api_create, kCreate);

}  // namespace
