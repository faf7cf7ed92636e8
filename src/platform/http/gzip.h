// gzip_if_worth: compresses an answer where the client takes it and the gain is worth the time.
#pragma once

#include <string_view>

#include "platform/http/response.h"

namespace ashlar::http {

inline constexpr std::size_t kGzipFromBytes = 1024;

// For JSON and text of kGzipFromBytes or more. Adds Vary: Accept-Encoding to all that could have been
// compressed, and turns a strong ETag into a weak one when it compresses: the bytes differ.
void gzip_if_worth(std::string_view accept_encoding, Response& response);

}  // namespace ashlar::http
