#pragma once
#include <string>
#include <string_view>

#include "proto/h248/acknowledgements.hpp"
#include "proto/h248/transactions.hpp"

namespace h248 {

/// Puts transactions into messages and sends them: one in each, and what waits to be acknowledged.
class Post {
 public:
  Post(const Transactions::Options& options, Wire& wire, Transactions::Counters& counters);

  /// From now on; texts that are there already stay as they are.
  void set_version(std::uint8_t version);
  void set_print(const PrintOptions& print);

  /// A whole message, to be sent now and perhaps again.
  std::string text_of(const Transaction& transaction) const;
  void send(const Route& to, std::string_view text);
  void send(const Route& to, const Transaction& transaction) { send(to, text_of(transaction)); }
  /// An error of a whole message.
  void send_error(const Route& to, const ErrorDescriptor& error);

  Acknowledgements& acknowledgements() noexcept { return acknowledgements_; }

 private:
  void print_head();

  /// Acknowledgements do not ride with longer messages, so that these do not become fragments for them.
  static constexpr std::size_t roomy = 1'000;

  Message head_;
  PrintOptions print_;
  Wire& wire_;
  Transactions::Counters& counters_;
  std::string head_text_;
  Acknowledgements acknowledgements_;
};

}  // namespace h248
