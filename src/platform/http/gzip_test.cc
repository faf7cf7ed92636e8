#include "platform/http/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "platform/http/response.h"

namespace ashlar::http {
namespace {

std::string gunzip(std::string bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string value_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

std::string large_json() {
  std::string json = "[";
  for (int i = 0; i < 200; ++i) json += "{\"code\":\"c" + std::to_string(i) + "\"},";
  json.back() = ']';
  return json;
}

TEST(Gzip, ComesBackWhole) {
  for (const std::string& text :
       {std::string(), std::string("a"), large_json(), std::string(100'000, 'x')}) {
    const auto compressed = gzip(text);
    ASSERT_TRUE(compressed);
    EXPECT_EQ(gunzip(*compressed), text);
    EXPECT_EQ(gzip(text), compressed);
  }
}

TEST(Gzip, CompressesLargeAnswers) {
  const std::string json = large_json();
  Response response = json_text(200, json);
  gzip_if_worth("gzip, br", response);
  EXPECT_EQ(value_of(response, "Content-Encoding"), "gzip");
  EXPECT_EQ(value_of(response, "Vary"), "Accept-Encoding");
  EXPECT_LT(response.body.size(), json.size() / 2);
  EXPECT_EQ(gunzip(response.body), json);
}

TEST(Gzip, LeavesAloneWhatItShould) {
  const auto stays = [](Response response, std::string_view accept, bool varies) {
    const std::string body = response.body;
    gzip_if_worth(accept, response);
    EXPECT_EQ(response.body, body);
    EXPECT_EQ(value_of(response, "Vary"), varies ? "Accept-Encoding" : "");
    EXPECT_NE(value_of(response, "Content-Encoding"), "gzip");
  };
  stays(json_text(200, large_json()), "", true);
  stays(json_text(200, large_json()), "br", true);
  stays(json_text(200, "{}"), "gzip", false);
  stays(json_text(200, large_json()).header("ETag", "\"1\""), "gzip", false);
  stays(json_text(200, large_json()).header("content-encoding", "br"), "gzip", false);
  stays(Response{200, "image/png", {}, std::string(4096, 'x')}, "gzip", false);
  // What does not get smaller is sent as it is.
  std::string noise;
  unsigned state = 1;
  for (int i = 0; i < 2048; ++i)
    noise += static_cast<char>((state = state * 1103515245 + 12345) >> 16);
  stays(Response{200, "text/plain", {}, noise}, "gzip", true);
}

TEST(Gzip, KnowsText) {
  for (const std::string_view type :
       {"application/json", "application/problem+json", "text/html; charset=utf-8", "Text/CSS",
        "image/svg+xml", "application/javascript", "application/json;charset=utf-8"}) {
    EXPECT_TRUE(is_compressible(type)) << type;
  }
  for (const std::string_view type :
       {"", "image/png", "application/octet-stream", "font/woff2", "application/jsonx"}) {
    EXPECT_FALSE(is_compressible(type)) << type;
  }
}

}  // namespace
}  // namespace ashlar::http
