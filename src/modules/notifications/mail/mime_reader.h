// MimeReader: what of a mail's structure (RFC 5322, RFC 2046) the readers of bounces and complaints
// need: headers, the media type, the parts. Reads what strangers send: it takes what it understands
// and leaves the rest.
//
// Bounds: kMaxHeaders headers of an entity, kMaxHeaderBytes of each value, kMaxParts parts; what is
// beyond is not seen. Time is linear in the text. CRLF and LF alone both end lines.
// Views into the text that was given. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar::notifications {

inline constexpr std::size_t kMaxHeaders = 200;
inline constexpr std::size_t kMaxHeaderBytes = 4'096;
inline constexpr std::size_t kMaxParts = 32;

struct MimeEntity {
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, unfolded
  std::string_view body;

  // Of the first of that name; empty where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

// Fields up to an empty line, then the body.
MimeEntity read_entity(std::string_view text);

struct MediaType {
  std::string type;  // "multipart/report", in lower case; empty where it is none
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case

  [[nodiscard]] std::string_view parameter(std::string_view name) const;
};
MediaType read_media_type(std::string_view value);

// The parts of a multipart body. None where the boundary is missing or empty.
std::vector<MimeEntity> read_parts(std::string_view body, std::string_view boundary);

// "<anna@example.org>" or "Anna <anna@example.org>" or bare: what is between < and >, or all.
std::string_view bare_address(std::string_view value);

}  // namespace ashlar::notifications
