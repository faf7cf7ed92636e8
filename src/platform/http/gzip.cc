#include "platform/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "platform/http/accept.h"
#include "platform/http/response.h"

namespace ashlar::http {
namespace {

constexpr int kLevel = 5;  // most of the gain of 6 for two thirds of the time on JSON
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kMemoryLevel = 8;

bool has_header(const Response& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [&](const auto& header) { return base::ascii_iequals(header.first, name); });
}

}  // namespace

bool is_compressible(std::string_view content_type) {
  const std::string type = base::ascii_lower(base::trim_spaces(
      content_type.substr(0, std::min(content_type.find(';'), content_type.size()))));
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         type == "application/json" || type == "application/javascript" ||
         type == "application/xml";
}

void gzip_if_worth(std::string_view accept_encoding, Response& response) {
  if (response.body.size() < kMinGzipBytes || !is_compressible(response.content_type) ||
      has_header(response, "Content-Encoding") || has_header(response, "ETag")) {
    return;
  }
  response.header("Vary", "Accept-Encoding");
  if (!accepts_gzip(accept_encoding)) return;
  std::optional<std::string> compressed = gzip(response.body);
  if (!compressed || compressed->size() >= response.body.size()) return;
  response.body = std::move(*compressed);
  response.header("Content-Encoding", "gzip");
}

std::optional<std::string> gzip(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max() / 2) return std::nullopt;
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  // zlib's older interface takes a pointer to non-const that it does not write through.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return done ? std::optional<std::string>(std::move(out)) : std::nullopt;
}

}  // namespace ashlar::http
