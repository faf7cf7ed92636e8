// gzip: large answers of text, compressed for clients that accept it. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::http {

struct Response;

inline constexpr std::size_t kMinGzipBytes = 1024;

// Compresses the body and says so, where it is text of kMinGzipBytes or more, the client accepts
// gzip, and it gets smaller. Adds Vary wherever the client's word would have decided.
//
// Left as they are: answers that have Content-Encoding already, and those with an ETag. A strong
// tag must differ between the two forms, and a weak one could not be given to If-Match.
void gzip_if_worth(std::string_view accept_encoding, Response& response);

// Whether that Content-Type is text, so that compression pays.
bool is_compressible(std::string_view content_type);

// RFC 1952, always the same bytes for the same input. nullopt when zlib finds no memory.
std::optional<std::string> gzip(std::string_view bytes);

}  // namespace ashlar::http
