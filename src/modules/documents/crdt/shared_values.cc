#include "modules/documents/crdt/shared_values.h"

#include <cstring>
#include <new>

namespace ashlar::crdt {

Blob* Blob::make(std::string_view bytes, std::size_t& counted) {
  auto* blob = new (::operator new(sizeof(Blob) + bytes.size())) Blob;
  blob->size = static_cast<std::uint32_t>(bytes.size());
  if (!bytes.empty()) std::memcpy(static_cast<void*>(blob + 1), bytes.data(), bytes.size());
  counted += sizeof(Blob) + bytes.size();
  return blob;
}

void Blob::drop(Blob* blob, std::size_t& counted) {
  counted -= sizeof(Blob) + blob->size;
  blob->~Blob();
  ::operator delete(blob);
}

}  // namespace ashlar::crdt
