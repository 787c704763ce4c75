//! One input's definition, and the macro that makes everything else from the rows in [`super::definitions`].

use crate::host::Spelling;

/// The spelling that belongs to no CI system.
pub(super) const OWN: Spelling =
    Spelling { prefix: "YUNXIAO_", between_words: "_", is_hidden: false, joins_lists: false };

/// What the program itself needs to know of an input.
pub struct Definition {
    /// Its name with underscores: `pipeline_id`.
    pub name: &'static str,
    pub kind: Kind,
    pub when: When,
    /// Its value when it is not given.
    pub default: Option<&'static str>,
    /// The variable that Alibaba Cloud's own tools have for it.
    pub cloud_variable: Option<&'static str>,
}

/// What only the documents need. It is separate so that the program doesn't contain it.
pub struct Documentation {
    /// The heading it is listed under, in English and in Chinese.
    pub group: [&'static str; 2],
    pub default: DefaultValue,
    /// Its description, in English and in Chinese.
    pub meaning: [&'static str; 2],
    /// A value that it may have.
    pub example: &'static str,
}

/// How an input can be set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the action's manifest, and as a variable.
    Plain,
    /// The same, and a part of it may be secret.
    Private,
    /// The same, or in a file named by `YUNXIAO_<NAME>_FILE`.
    Secret,
    /// Only as a variable: rarely needed.
    VariableOnly,
}

/// When an input has an effect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// When a run is started.
    Started,
    /// When a run is followed.
    Followed,
    /// When a run is followed, or what it waits for is.
    Waited,
    /// When a run continues because of this step, or is followed.
    SetGoing,
}

/// The default of an input.
#[derive(Clone, Copy)]
pub enum DefaultValue {
    Required,
    Nothing,
    Value(&'static str),
    /// The variable that Alibaba Cloud's own tools have for it.
    CloudVariable(&'static str),
    /// It depends, in English and in Chinese.
    Described(&'static str, &'static str),
}

impl DefaultValue {
    pub fn is_required(&self) -> bool {
        matches!(self, Self::Required)
    }

    /// In Markdown, in English or in Chinese.
    pub fn describe(&self, is_chinese: bool) -> String {
        let choose = |english: &str, chinese: &str| if is_chinese { chinese } else { english }.to_owned();
        match self {
            Self::Required => choose("required", "必填"),
            Self::Nothing => choose("none", "无"),
            Self::Value(value) => format!("`{value}`"),
            Self::CloudVariable(variable) => format!("{} `{variable}`", choose("the variable", "变量")),
            Self::Described(english, chinese) => choose(english, chinese),
        }
    }
}

impl Definition {
    /// A definition of the columns that the program needs.
    pub(super) const fn new(name: &'static str, kind: Kind, when: When, default: DefaultValue) -> Self {
        let (default, cloud_variable) = match default {
            DefaultValue::Value(value) => (Some(value), None),
            DefaultValue::CloudVariable(variable) => (None, Some(variable)),
            _ => (None, None),
        };
        Self { name, kind, when, default, cloud_variable }
    }

    /// The variable that names the file it is in, if it is a secret.
    pub(crate) fn file_variable(&self) -> String {
        format!("{}_FILE", self.variable())
    }

    /// Whether its value is not to be shown.
    pub(super) fn may_hold_secrets(&self) -> bool {
        matches!(self.kind, Kind::Private | Kind::Secret)
    }

    /// The name as manifests and documents spell it: `pipeline-id`.
    pub fn dashed(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The variable that documents name: `YUNXIAO_PIPELINE_ID`.
    pub fn variable(&self) -> String {
        OWN.variable(self.name)
    }
}

/// Makes of rows: the struct that `envy` fills, [`Definition`]s, [`Documentation`], and the values of inputs that mean
/// something by themselves, whose rows say how they are read: `read boolean => bool`. Such a row has a default. `when Started`
/// is of an input that means nothing otherwise.
macro_rules! inputs {
    ($($group:literal, $group_in_chinese:literal { $(
        $name:ident: $kind:ident, $default:expr, $english:literal, $chinese:literal, example $example:literal
        $(, when $when:ident)? $(, read $parse:expr => $type:ty)?;
    )* })*) => {
        /// Something of each input. `envy` reads `Inputs<Option<String>>`.
        #[derive(serde::Deserialize)]
        pub(super) struct Inputs<T> { $($(pub(super) $name: T,)*)* }

        impl<T> Inputs<T> {
            /// All of them, in the order of [`DEFINITIONS`].
            pub(super) fn into_array(self) -> [T; COUNT] {
                [$($(self.$name,)*)*]
            }

            pub(super) fn of(array: &[T; COUNT]) -> Inputs<&T> {
                let [$($($name,)*)*] = array;
                Inputs { $($($name,)*)* }
            }
        }

        impl<'i, T> Inputs<&'i T> {
            /// All of them, in the order of [`DEFINITIONS`].
            pub(super) fn all(&self) -> [&'i T; COUNT] {
                [$($(self.$name,)*)*]
            }
        }

        /// What inputs say that mean something by themselves.
        #[derive(Debug)]
        pub struct Values { $($($(pub $name: $type,)?)*)* }

        impl Values {
            pub(super) fn read(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<Self> {
                // All are read before the first error ends it.
                $($($(let $name: Option<$type> = check.parse(inputs.$name, $parse);)?)*)*
                Some(Self { $($($($name: { let value: $type = $name?; value },)?)*)* })
            }
        }

        pub const COUNT: usize = [$($(stringify!($name),)*)*].len();

        pub static DEFINITIONS: [Definition; COUNT] =
            [$($(Definition::new(stringify!($name), Kind::$kind, [$(When::$when,)? When::Always][0], $default),)*)*];

        static DOCUMENTATION: [Documentation; COUNT] = [$($(Documentation {
            group: [$group, $group_in_chinese],
            default: $default,
            meaning: [$english, $chinese],
            example: $example,
        },)*)*];
    };
}
pub(super) use inputs;
