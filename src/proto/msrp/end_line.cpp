#include "proto/msrp/end_line.hpp"

#include <algorithm>
#include <cstring>

namespace msrp {
namespace {

std::size_t find_mark(std::string_view in, std::string_view mark) {
  const auto* hit = static_cast<const char*>(memmem(in.data(), in.size(), mark.data(), mark.size()));
  return hit ? static_cast<std::size_t>(hit - in.data()) : in.npos;
}

}  // namespace

std::size_t EndLineGuard::admit(std::string_view piece) {
  const auto keep = mark_.size() - 1;
  // The seam first: what was sent and the beginning of the piece. A whole mark there ends inside the piece.
  const auto sent = tail_.size();
  tail_.append(piece.substr(0, keep));
  auto at = find_mark(tail_, mark_);
  std::size_t admitted = piece.size();
  if (at != tail_.npos) {
    admitted = at + keep - sent;
  } else if (at = find_mark(piece, mark_); at != piece.npos) {
    admitted = at + keep;
  }
  const auto in_tail = std::min(piece.size(), keep);
  tail_.resize(sent + std::min(admitted, in_tail));
  if (admitted > in_tail) tail_ = piece.substr(admitted - keep, keep);
  if (tail_.size() > keep) tail_.erase(0, tail_.size() - keep);
  return admitted;
}

}  // namespace msrp
