// The console's files (console/dist, built by Vite) that were compiled into this program.
//
// Invariants: 1. sorted by path, each once; 2. all views last as long as the program; 3. empty when
// the program was built without the console. Thread-safe: the data never changes.
#pragma once

#include <span>
#include <string_view>

namespace ashlar::http {

struct EmbeddedFile {
  std::string_view path;  // relative, no leading slash: "index.html", "assets/index-C0FFEE.js"
  std::string_view content_type;  // with charset where it is text
  std::string_view content;
  std::string_view gzip;  // the same, compressed; empty when not smaller
  std::string_view etag;  // strong, with its quotes; of `content` (a gzip answer needs its own)
};

std::span<const EmbeddedFile> console_files();

}  // namespace ashlar::http
