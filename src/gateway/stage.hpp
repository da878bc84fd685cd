#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"

namespace gateway {

/// What is collected for one connection before it is sent: pieces that are copied, and long ones that are
/// only noted. A noted piece must live until it is sent.
class Stage {
 public:
  /// Pieces that are not one in memory; one sendmsg() takes them.
  static constexpr std::size_t most_pieces = 64;

  explicit Stage(std::size_t room) : copies_(room) {}

  void copy(std::string_view piece) {
    if (pieces_.empty() || pieces_.back().noted != nullptr) pieces_.push_back({nullptr, 0});
    pieces_.back().size += piece.size();
    copies_.append(piece);
  }
  void note(std::string_view piece) { pieces_.push_back({piece.data(), piece.size()}); }

  /// Octets that were copied.
  std::size_t copied() const noexcept { return copies_.size(); }
  bool full() const noexcept { return pieces_.size() >= most_pieces; }
  void clear() noexcept {
    copies_.clear();
    pieces_.clear();
  }
  /// All of it, in order; dies with the next change.
  const std::vector<std::string_view>& view() {
    views_.clear();
    auto copies = copies_.view();
    for (const auto& piece : pieces_) {
      views_.push_back(piece.noted ? std::string_view(piece.noted, piece.size)
                                   : copies.substr(0, piece.size));
      if (!piece.noted) copies.remove_prefix(piece.size);
    }
    return views_;
  }
  /// The room for copies.
  base::Buffer& copies() noexcept { return copies_; }

 private:
  struct Piece {
    const char* noted;  // null: the next octets of the copies
    std::size_t size;
  };
  base::Buffer copies_;
  std::vector<Piece> pieces_;
  std::vector<std::string_view> views_;
};

}  // namespace gateway
