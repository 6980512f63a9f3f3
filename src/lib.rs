//! hub turns a folder of markdown into a website that earns permission to e-mail its readers.
//!
//! The line, left to right; each arrow is a function that changes nothing behind it:
//!
//! **files → [`project`] → [`content`] → [`site`] (plan, snapshot) → [`render`] (page) → [`publish`] (disk)**
//!
//! A module uses its own floor and those below it; `tests/it/house.rs` holds us to it.
//!
//! | floor | modules |
//! |---|---|
//! | 0 ground | [`diag`], [`source`], [`store`], [`digest`], [`files`], [`folder`], [`text`], [`time`], [`allocator`], [`buffers`], [`blocks`], [`history`] |
//! | 1 written | [`project`], [`content`] |
//! | 2 meant | [`site`], [`forms`], [`networks`], [`gate`], [`cards`] |
//! | 3 pages | [`render`] |
//! | 4 reports | [`check`], [`share`] |
//! | 5 doors | [`publish`], [`posting`], [`leads`], [`desk`], [`serve`], [`external`] |
//! | 6 commands | [`cli`], [`commands`] |

pub mod allocator;
pub mod blocks;
pub mod buffers;
pub mod diag;
pub mod digest;
pub mod files;
pub mod folder;
pub mod history;
pub mod source;
pub mod store;
pub mod text;
pub mod time;

pub mod content;
pub mod project;

pub mod cards;
pub mod forms;
pub mod gate;
pub mod networks;
pub mod site;

pub mod render;

pub mod check;
pub mod share;

pub mod desk;
pub mod external;
pub mod leads;
pub mod posting;
pub mod publish;
pub mod serve;

pub mod cli;
pub mod commands;
