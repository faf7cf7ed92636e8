#include "platform/http/gzip.h"

#include <zlib.h>

#include "base/check.h"
#include "platform/http/accept.h"

namespace ashlar::http {
namespace {

bool is_compressible(std::string_view type) {
  return type.starts_with("application/json") || type.starts_with("application/problem+json") ||
         type.starts_with("text/");
}

std::string gzip(std::string_view body) {
  constexpr int kGzipWindow = 15 + 16;  // 16 asks zlib for the gzip framing
  constexpr int kMemLevel = 8;
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, kMemLevel,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(body.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

void gzip_if_worth(std::string_view accept_encoding, Response& response) {
  if (response.body.size() < kGzipFromBytes || !is_compressible(response.content_type)) return;
  response.header("Vary", "Accept-Encoding");
  if (!accepts_gzip(accept_encoding)) return;
  response.body = gzip(response.body);
  response.header("Content-Encoding", "gzip");
  for (auto& [name, value] : response.headers) {
    if (name == "ETag" && value.starts_with('"')) value.insert(0, "W/");
  }
}

}  // namespace ashlar::http
