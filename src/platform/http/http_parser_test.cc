#include "platform/http/http_parser.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::http {
namespace {

constexpr ParserLimits kLimits;

// Parses prefixes too, of a short text every one: each must say kNeedMore or what the whole says.
ParseState parse(std::string_view text, RequestHead& head, ParseError& error,
                 const ParserLimits& limits = kLimits) {
  const ParseState whole = parse_request_head(text, limits, head, error);
  const std::size_t stride = text.size() < 2'000 ? 1 : 97;
  for (std::size_t size = 0; size < text.size(); size += stride) {
    RequestHead part;
    ParseError part_error;
    // A copy of its own, so that a sanitizer sees a read beyond the prefix.
    const std::string prefix(text.substr(0, size));
    const ParseState state = parse_request_head(prefix, limits, part, part_error);
    if (state == ParseState::kNeedMore) continue;
    EXPECT_EQ(state, whole) << "prefix of " << size << " bytes of: " << text;
    if (state == ParseState::kError) {
      EXPECT_STREQ(part_error.reason, error.reason) << "prefix of " << size;
    } else {
      EXPECT_EQ(part.head_bytes, head.head_bytes);
    }
  }
  return whole;
}

// The head's views point into `text`: no temporary, unless only numbers are looked at.
RequestHead parsed(std::string_view text) {
  RequestHead head;
  ParseError error;
  const ParseState state = parse(text, head, error);
  EXPECT_EQ(state, ParseState::kComplete) << error.reason << " for: " << text;
  return head;
}

TEST(HttpParser, ReadsARequestOfABrowser) {
  const std::string text =
      "GET /aB3xYz?utm=1&x=%20 HTTP/1.1\r\n"
      "Host: go.example:8080\r\n"
      "CONNECTION: Keep-Alive\r\n"
      "user-agent:\t Mozilla/5.0 (X11)  \r\n"
      "Accept:text/html\r\n"
      "Accept-Encoding: gzip, br\r\n"
      "Cookie: session=abc; theme=dark\r\n"
      "If-None-Match: W/\"1\"\r\n"
      "X-Empty:\r\n"
      "X-Utf8: Z\xc3\xbcrich\tch\r\n"
      "\r\n";
  const std::string pipelined = text + "GET /next";
  const RequestHead head = parsed(pipelined);
  EXPECT_EQ(head.method, Method::kGet);
  EXPECT_EQ(head.method_text, "GET");
  EXPECT_EQ(head.target, "/aB3xYz?utm=1&x=%20");
  EXPECT_EQ(head.path, "/aB3xYz");
  EXPECT_EQ(head.query, "utm=1&x=%20");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.head_bytes, text.size());
  EXPECT_EQ(head.field_count, 9U);
  EXPECT_EQ(head.host, "go.example:8080");
  EXPECT_EQ(head.user_agent, "Mozilla/5.0 (X11)");
  EXPECT_EQ(head.accept, "text/html");
  EXPECT_EQ(head.accept_encoding, "gzip, br");
  EXPECT_EQ(head.cookie, "session=abc; theme=dark");
  EXPECT_EQ(head.if_none_match, "W/\"1\"");
  EXPECT_EQ(head.find("x-empty"), "");
  EXPECT_EQ(head.find("x-utf8"), "Z\xc3\xbcrich\tch");
  EXPECT_EQ(head.find("x-absent"), "");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.has_body());
}

TEST(HttpParser, FindsEveryKnownFieldInAnyCase) {
  const RequestHead head = parsed(
      "POST /v1/links HTTP/1.1\r\n"
      "hOsT: h\r\n"
      "AUTHORIZATION: Bearer k\r\n"
      "Origin: https://a.example\r\n"
      "Referer: https://b.example/\r\n"
      "Content-Type: application/json\r\n"
      "Content-Encoding: gzip\r\n"
      "content-length: 12\r\n"
      "If-Match: \"3\"\r\n"
      "Idempotency-Key: \"k1\"\r\n"
      "Last-Event-ID: 7\r\n"
      "TraceParent: 00-a-b-01\r\n"
      "TraceState: a=b\r\n"
      "X-Request-Id: r1\r\n"
      "X-Forwarded-For: 1.2.3.4\r\n"
      "X-Forwarded-Proto: https\r\n"
      "Upgrade: websocket\r\n"
      "Connection: upgrade, close\r\n"
      "Expect: 100-Continue\r\n"
      "\r\n");
  EXPECT_EQ(head.method, Method::kPost);
  EXPECT_EQ(head.host, "h");
  EXPECT_EQ(head.authorization, "Bearer k");
  EXPECT_EQ(head.origin, "https://a.example");
  EXPECT_EQ(head.referer, "https://b.example/");
  EXPECT_EQ(head.content_type, "application/json");
  EXPECT_EQ(head.content_encoding, "gzip");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.if_match, "\"3\"");
  EXPECT_EQ(head.idempotency_key, "\"k1\"");
  EXPECT_EQ(head.last_event_id, "7");
  EXPECT_EQ(head.traceparent, "00-a-b-01");
  EXPECT_EQ(head.tracestate, "a=b");
  EXPECT_EQ(head.x_request_id, "r1");
  EXPECT_EQ(head.x_forwarded_for, "1.2.3.4");
  EXPECT_EQ(head.x_forwarded_proto, "https");
  EXPECT_EQ(head.upgrade, "websocket");
  EXPECT_TRUE(head.expect_continue);
  EXPECT_FALSE(head.keep_alive);
  EXPECT_TRUE(head.has_body());
}

TEST(HttpParser, ForgetsTheRequestBefore) {
  RequestHead head;
  ParseError error;
  ASSERT_EQ(
      parse("POST /a HTTP/1.1\r\nHost: a\r\nCookie: c\r\nContent-Length: 3\r\n\r\n", head, error),
      ParseState::kComplete);
  ASSERT_EQ(parse("GET /b HTTP/1.0\r\n\r\n", head, error), ParseState::kComplete);
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.cookie, "");
  EXPECT_EQ(head.content_length, std::nullopt);
  EXPECT_EQ(head.find("cookie"), "");
  EXPECT_EQ(head.field_count, 0U);
}

TEST(HttpParser, KnowsItsMethods) {
  const std::vector<std::pair<std::string, Method>> methods = {
      {"GET", Method::kGet},         {"HEAD", Method::kHead},      {"POST", Method::kPost},
      {"PUT", Method::kPut},         {"PATCH", Method::kPatch},    {"DELETE", Method::kDelete},
      {"OPTIONS", Method::kOptions}, {"PROPFIND", Method::kOther}, {"get", Method::kOther},
      {"GETX", Method::kOther},      {"M-SEARCH", Method::kOther}};
  for (const auto& [text, method] : methods) {
    const std::string request = text + " / HTTP/1.1\r\nHost: h\r\n\r\n";
    const RequestHead head = parsed(request);
    EXPECT_EQ(head.method, method) << text;
    EXPECT_EQ(head.method_text, text);
  }
}

TEST(HttpParser, DecidesWhetherTheConnectionStays) {
  struct Case {
    std::string version, fields;
    bool keep_alive;
  };
  const std::vector<Case> cases = {
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: x, CLOSE\r\n", false},
      {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
      {"1.1", "Connection: closed\r\n", true},
      {"1.1", "Connection: ,,\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: keep-alive\r\n", true},
      {"1.0", "Connection: Keep-Alive, close\r\n", false},
  };
  for (const Case& c : cases) {
    const std::string request = "GET / HTTP/" + c.version + "\r\nHost: h\r\n" + c.fields + "\r\n";
    EXPECT_EQ(parsed(request).keep_alive, c.keep_alive) << request;
  }
}

TEST(HttpParser, TakesTheFormsOfTarget) {
  struct Case {
    std::string line, host, path, query;
  };
  const std::vector<Case> cases = {
      {"GET /", "h", "/", ""},
      {"GET /?", "h", "/", ""},
      {"GET //a//b", "h", "//a//b", ""},
      {"GET /a|b^{c}[d]`?{x}\\|", "h", "/a|b^{c}[d]`", "{x}\\|"},
      {"GET /%C3%BC%2f?%00", "h", "/%C3%BC%2f", "%00"},
      {"OPTIONS *", "h", "*", ""},
      {"GET http://go.example:81/x?y", "go.example:81", "/x", "y"},
      {"GET HTTPS://go.example?y=/", "go.example", "/", "y=/"},
      {"GET http://[::1]:80", "[::1]:80", "/", ""},
  };
  for (const Case& c : cases) {
    const std::string request = c.line + " HTTP/1.1\r\nHost: h\r\n\r\n";
    const RequestHead head = parsed(request);
    EXPECT_EQ(head.path, c.path) << c.line;
    EXPECT_EQ(head.query, c.query) << c.line;
    EXPECT_EQ(head.host, c.host) << c.line;
  }
}

TEST(HttpParser, SkipsAnEmptyLineThatAnOldClientLeft) {
  EXPECT_EQ(parsed("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").head_bytes, 4U + 16 + 9 + 2);
}

TEST(HttpParser, KeepsTheRightOneOfRepeatedFields) {
  const RequestHead head = parsed(
      "GET / HTTP/1.1\r\nHost: h\r\nCookie: a\r\nCookie: b\r\n"
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-Forwarded-For: 3.3.3.3\r\n"
      "traceparent: 1\r\ntraceparent: 2\r\ntraceparent: 3\r\n\r\n");
  EXPECT_EQ(head.cookie, "a");
  EXPECT_EQ(head.x_forwarded_for, "3.3.3.3");
  EXPECT_EQ(head.traceparent, "");
  std::array<std::string_view, 2> two;
  ASSERT_EQ(head.find_all("x-forwarded-for", two), 2U);
  EXPECT_EQ(two[1], "2.2.2.2");
  std::array<std::string_view, 8> all;
  EXPECT_EQ(head.find_all("x-forwarded-for", all), 3U);
}

TEST(HttpParser, IgnoresInHttp10WhatItDoesNotKnow) {
  const RequestHead head = parsed(
      "POST / HTTP/1.0\r\nExpect: 100-continue\r\nConnection: upgrade\r\nUpgrade: "
      "websocket\r\n\r\n");
  EXPECT_FALSE(head.expect_continue);
  EXPECT_EQ(head.upgrade, "");
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n").upgrade, "");
}

struct Refusal {
  std::string request;
  int status;
  std::string reason;
};

void expect_refused(const Refusal& refusal, const ParserLimits& limits = kLimits) {
  RequestHead head;
  ParseError error;
  const ParseState state = parse(refusal.request, head, error, limits);
  EXPECT_EQ(state, ParseState::kError) << refusal.request;
  if (state != ParseState::kError) return;
  EXPECT_EQ(error.reason, refusal.reason) << refusal.request;
  EXPECT_EQ(error.status, refusal.status) << refusal.request;
  EXPECT_STRNE(error.detail, "");
}

TEST(HttpParser, RefusesBadRequestLines) {
  const std::string rest = "\r\nHost: h\r\n\r\n";
  const std::vector<Refusal> refusals = {
      {" GET / HTTP/1.1" + rest, 400, "bad_request_line"},
      {"\nGET / HTTP/1.1" + rest, 400, "bad_request_line"},
      {"\r\r\nGET / HTTP/1.1" + rest, 400, "bad_request_line"},
      {"\r\n\r\n\r\nGET / HTTP/1.1" + rest, 400, "bad_request_line"},
      {"GET  / HTTP/1.1" + rest, 400, "bad_request_line"},
      {"GET\t/ HTTP/1.1" + rest, 400, "bad_request_line"},
      {"GET /  HTTP/1.1" + rest, 400, "bad_request_line"},
      {"GET / HTTP/1.1 " + rest, 400, "bad_request_line"},
      {"GET / HTTP/1.1\nHost: h\n\n", 400, "bad_request_line"},
      {"GET / HTTP/1.1\rHost: h\r\n\r\n", 400, "bad_request_line"},
      {"GET / http/1.1" + rest, 400, "bad_request_line"},
      {"GET / HTTP/1.10" + rest, 400, "bad_request_line"},
      {"GET / HTTP/x.1" + rest, 400, "bad_request_line"},
      {"GET / FTP/1.1" + rest, 400, "bad_request_line"},
      {"GET / \r\n\r\n", 400, "bad_request_line"},
      {"GET\r\n\r\n", 400, "bad_request_line"},
      {"GET \r\n\r\n", 400, "bad_request_line"},
      {"G(T / HTTP/1.1" + rest, 400, "bad_request_line"},
      {"G\xc3\x89T / HTTP/1.1" + rest, 400, "bad_request_line"},
      {std::string(25, 'A') + " / HTTP/1.1" + rest, 400, "bad_request_line"},
      {std::string("G\0T / HTTP/1.1\r\n\r\n", 18), 400, "bad_request_line"},
      {"\x80\x2e\x01\x03\x01", 400, "bad_request_line"},
      {"\x16\x03\x01\x02", 400, "tls_handshake"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2_preface"},
      {"GET / HTTP/2.0" + rest, 505, "unsupported_version"},
      {"GET / HTTP/0.9" + rest, 505, "unsupported_version"},
      {"GET / HTTP/1.2" + rest, 505, "unsupported_version"},
      {"GET /\r\n", 505, "unsupported_version"},
      {"CONNECT h:443 HTTP/1.1" + rest, 501, "unsupported_method"},
  };
  for (const Refusal& refusal : refusals) expect_refused(refusal);
}

TEST(HttpParser, RefusesBadTargets) {
  const std::vector<std::pair<std::string, std::string>> targets = {
      {"*", "bad_target"},
      {"a", "bad_target"},
      {"h:443", "bad_target"},
      {"?a", "bad_target"},
      {"/a#b", "bad_target"},
      {"/a\x01", "bad_target"},
      {"/a\x7f", "bad_target"},
      {"/a\xc3\xbc", "bad_target"},
      {"/a\tb", "bad_target"},
      {"/a\nb", "bad_target"},
      {"/a\\b", "bad_target"},
      {"/a\"b", "bad_target"},
      {"/<a>", "bad_target"},
      {"/?<a>", "bad_target"},
      {"/?a#b", "bad_target"},
      {"ftp://h/", "bad_target"},
      {"http:///a", "bad_target"},
      {"http://u@h/", "bad_target"},
      {"http://h:x/", "bad_target"},
      {"http:/h/", "bad_target"},
      {"http://h%41/", "bad_target"},
      {"/a\rb", "bad_request_line"},
      {"/%", "bad_percent_encoding"},
      {"/%4", "bad_percent_encoding"},
      {"/%zz", "bad_percent_encoding"},
      {"/%4g", "bad_percent_encoding"},
      {"/%00", "bad_percent_encoding"},
      {"/?a=%", "bad_percent_encoding"},
      {"/?a=%u0041", "bad_percent_encoding"},
  };
  for (const auto& [target, reason] : targets) {
    expect_refused({"GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n", 400, reason});
  }
}

TEST(HttpParser, RefusesBadFields) {
  const std::vector<std::pair<std::string, std::string>> fields = {
      {" A: b", "bad_header"},
      {"A : b", "bad_header"},
      {"A\t: b", "bad_header"},
      {": b", "bad_header"},
      {"A", "bad_header"},
      {"A b: c", "bad_header"},
      {"A\xc3\xbc: c", "bad_header"},
      {"A(: c", "bad_header"},
      {"Ho\rst: c", "bad_header"},
      {"A: b\r\n c: folded", "bad_header"},
      {"A: b\r\n\tfolded", "bad_header"},
      {"A: b\nB: c", "bad_header"},
      {"A: b\rB: c", "bad_header"},
      {std::string("A: b\0c", 6), "bad_header"},
      {"A: \x7f", "bad_header"},
      {"A: b\x0b", "bad_header"},
      {"A: 12345678\x1b[31m", "bad_header"},
      {"User-Agent\x1a: x", "bad_header"},
      {"user\x0d-agent: x", "bad_header"},
      {"Authorization: a\r\nAuthorization: a", "duplicate_header"},
      {"Content-Type: a\r\ncontent-type: b", "duplicate_header"},
      {"Idempotency-Key: a\r\nIdempotency-Key: b", "duplicate_header"},
      {"If-Match: \"a\"\r\nIf-Match: \"b\"", "duplicate_header"},
      {"Origin: null\r\nOrigin: null", "duplicate_header"},
      {"Host: h", "bad_host"},
  };
  for (const auto& [text, reason] : fields) {
    expect_refused({"GET / HTTP/1.1\r\nHost: h\r\n" + text + "\r\n\r\n", 400, reason});
  }
}

TEST(HttpParser, RefusesFramingThatAnotherServerCouldReadOtherwise) {
  const std::vector<Refusal> fields = {
      {"Content-Length: ", 400, "bad_content_length"},
      {"Content-Length: -1", 400, "bad_content_length"},
      {"Content-Length: +1", 400, "bad_content_length"},
      {"Content-Length: 1 2", 400, "bad_content_length"},
      {"Content-Length: 5, 5", 400, "bad_content_length"},
      {"Content-Length: 0x10", 400, "bad_content_length"},
      {"Content-Length: 1e3", 400, "bad_content_length"},
      {"Content-Length: 18446744073709551616", 400, "bad_content_length"},
      {"Content-Length: 5\r\nContent-Length: 5", 400, "conflicting_framing"},
      {"Content-Length: 5\r\nContent-Length: 6", 400, "conflicting_framing"},
      {"Content-Length: 5\r\nTransfer-Encoding: chunked", 400, "conflicting_framing"},
      {"Transfer-Encoding: chunked\r\nContent-Length: 0", 400, "conflicting_framing"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400, "conflicting_framing"},
      {"Transfer-Encoding: gzip", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding: identity", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding: gzip, chunked", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding: chunked, chunked", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding: xchunked", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding:", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding: \"chunked\"", 501, "unsupported_transfer_encoding"},
      {"Transfer-Encoding : chunked", 400, "bad_header"},
      {"Expect: 200-ok", 417, "bad_expectation"},
  };
  for (const Refusal& refusal : fields) {
    expect_refused({"POST / HTTP/1.1\r\nHost: h\r\n" + refusal.request + "\r\n\r\n", refusal.status,
                    refusal.reason});
  }
  expect_refused(
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "conflicting_framing"});
  EXPECT_TRUE(parsed("POST / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: Chunked\r\n\r\n").chunked);
  EXPECT_EQ(parsed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n")
                .content_length,
            18446744073709551615U);
}

TEST(HttpParser, ChecksHost) {
  for (const std::string_view good :
       {"h", "a.b-c_d.example", "a.example.", "127.0.0.1:8080", "h:1", "h:65535", "[::1]",
        "[2001:db8::1]:443", "[::ffff:1.2.3.4]"}) {
    EXPECT_TRUE(is_valid_host(good)) << good;
  }
  for (const std::string_view bad :
       {"",       ":80",    "h:",    "h:0", "h:65536", "h:123456", "h:8o",
        "h h",    "h/",     "u@h",   "h,i", "h:1:2",   "[]",       "[::1",
        "[::1]x", "[::1]:", "[g::]", "::1", "h\\",     "h%41",     "\xc3\xbc"}) {
    EXPECT_FALSE(is_valid_host(bad)) << bad;
    if (bad.find('h') == 0 || bad.empty()) {
      expect_refused({"GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n", 400, "bad_host"});
    }
  }
  EXPECT_FALSE(is_valid_host(std::string(256, 'a')));
  expect_refused({"GET / HTTP/1.1\r\nA: b\r\n\r\n", 400, "missing_host"});
  expect_refused({"GET http://h/ HTTP/1.1\r\n\r\n", 400, "missing_host"});
}

TEST(HttpParser, KeepsItsLimits) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  const std::string long_line = "GET /" + std::string(8 * 1024 - 14, 'a') + " HTTP/1.1";
  ASSERT_EQ(long_line.size(), 8 * 1024U);
  parsed(long_line + "\r\nHost: h\r\n\r\n");
  expect_refused({"GET /a" + long_line.substr(5) + "\r\nHost: h\r\n\r\n", 414, "uri_too_long"});
  expect_refused({"GET /" + std::string(100'000, 'a'), 414, "uri_too_long"});
  // What lies beyond the limit is not looked at.
  expect_refused({"GET /" + std::string(9'000, 'a') + "\x01", 414, "uri_too_long"});

  const std::size_t room = 16 * 1024 - 9 - 5 - 2;  // Host, "X: " CR LF, the empty line
  parsed(head + "X: " + std::string(room, 'a') + "\r\n\r\n");
  expect_refused({head + "X: " + std::string(room + 1, 'a') + "\r\n\r\n", 431, "header_too_large"});
  expect_refused({head + std::string(20'000, 'a'), 431, "header_too_large"});

  std::string fields;
  for (int i = 0; i < 63; ++i) fields += "A: b\r\n";
  EXPECT_EQ(parsed(head + fields + "\r\n").field_count, 64U);
  expect_refused({head + fields + "A: b\r\n\r\n", 431, "header_too_large"});
  expect_refused({"GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n", 431, "header_too_large"},
                 ParserLimits{.max_fields = 1});
}

TEST(HttpParser, SaysWhenLookingAgainIsWorthIt) {
  EXPECT_TRUE(worth_parsing("GET", 0, kLimits));
  EXPECT_FALSE(worth_parsing("GET /", 3, kLimits));
  EXPECT_TRUE(worth_parsing("GET / HTTP/1.1\r\n", 5, kLimits));
  EXPECT_FALSE(worth_parsing("GET / HTTP/1.1\r\nHost", 16, kLimits));
  // A line without end is refused as soon as it is too long, not when its end comes.
  std::string endless = "GET /";
  RequestHead head;
  ParseError error;
  std::size_t parses = 0;
  while (endless.size() < 20'000) {
    const std::size_t seen = endless.size();
    endless += 'a';
    if (!worth_parsing(endless, seen, kLimits)) continue;
    ++parses;
    if (parse_request_head(endless, kLimits, head, error) == ParseState::kError) break;
  }
  EXPECT_EQ(error.status, 414);
  EXPECT_EQ(parses, 1U);
  EXPECT_LT(endless.size(), 8300U);
}

}  // namespace
}  // namespace ashlar::http
