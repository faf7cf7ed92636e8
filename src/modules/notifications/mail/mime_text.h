// MIME's ways to write what is not plain short ASCII lines: quoted-printable and base64 for bodies
// (RFC 2045), encoded words for headers (RFC 2047), folding (RFC 5322). Pure; any thread.
//
// Promises
//  1. Whatever is encoded comes out as ASCII; no line of it is longer than 78 bytes without CRLF.
//  2. Decoding gives the same bytes again, line ends aside: those are CRLF.
//  3. No encoded word splits a UTF-8 sequence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ashlar::notifications {

inline constexpr std::size_t kMaxMailLineBytes = 78;
inline constexpr std::size_t kMaxEncodedLineBytes = 76;

// CRLF, LF and CR alone all become CRLF.
std::string with_crlf(std::string_view text);

// Lines of at most 76 bytes with CRLF. `text`: with_crlf()'s; its CRLFs stay line ends.
std::string quoted_printable(std::string_view text);
// Lines of 76 bytes with CRLF between and at the end.
std::string base64_lines(std::string_view bytes);
// One line, padded.
std::string base64(std::string_view bytes);

// "Name: value\r\n" of unstructured text, folded, encoded where it must be.
// REQUIRES: UTF-8 without control characters.
std::string unstructured_header(std::string_view name, std::string_view text);
// A display name: as it is, quoted, or encoded. `column`: where on its line it begins.
// REQUIRES: as above.
std::string display_phrase(std::string_view text, std::size_t column);
// Folds "Name: word word …" at its blanks. REQUIRES: no word is longer than a line may be.
std::string folded_header(std::string_view line);

}  // namespace ashlar::notifications
