// Digests of secrets: what is kept in place of them, so that a stolen database opens nothing.
//
// Only for secrets made by Entropy, which no one can guess: passwords go through password.h. Pure;
// any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/entropy.h"

namespace ashlar::security {

inline constexpr std::size_t kSha256Bytes = 32;

// 32 raw bytes.
std::string sha256(std::string_view text);

std::string random_bytes(base::Entropy& entropy, std::size_t count);

// 256 bits as 43 characters of [A-Za-z0-9_-]: session and claim tokens.
std::string random_token(base::Entropy& entropy);

// Overwrites a secret that is no longer needed; the compiler may not leave it out.
void wipe(std::string& secret);

}  // namespace ashlar::security
