//! One input's definition, and the macro that makes everything else from the rows in [`super::definitions`].

/// What the variables begin with that belong to no CI system.
pub(super) const PREFIX: &str = "YUNXIAO_";

/// What the program itself needs to know of an input.
pub struct Definition {
    /// Its name with underscores: `pipeline_id`.
    pub name: &'static str,
    pub kind: Kind,
    /// Its value when it is not given.
    pub default: Option<&'static str>,
    /// The variable that Alibaba Cloud's own tools have for it.
    pub cloud_variable: Option<&'static str>,
}

/// What only documents say of an input. It stands apart so that the program does not carry it.
pub struct Documentation {
    /// The heading it is listed under.
    pub group: &'static str,
    pub default: DefaultValue,
    /// What it means, in English and in Chinese.
    pub meaning: [&'static str; 2],
    pub example: Option<&'static str>,
}

/// How an input may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the action's manifest, and as a variable.
    Plain,
    /// The same, or in a file named by `YUNXIAO_<NAME>_FILE`.
    Secret,
    /// As a variable alone: for the rare case.
    VariableOnly,
}

/// What holds when an input is not given.
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

impl Definition {
    /// A definition of the columns that the program needs.
    pub(super) const fn new(name: &'static str, kind: Kind, default: DefaultValue) -> Self {
        let (default, cloud_variable) = match default {
            DefaultValue::Value(value) => (Some(value), None),
            DefaultValue::CloudVariable(variable) => (None, Some(variable)),
            _ => (None, None),
        };
        Self { name, kind, default, cloud_variable }
    }

    /// The name as manifests and documents spell it: `pipeline-id`.
    pub fn dashed(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The variable that documents name: `YUNXIAO_PIPELINE_ID`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase())
    }
}

/// Makes of rows: the struct that `envy` fills, [`Definition`]s, [`Documentation`], and the values of inputs that mean
/// something by themselves, whose rows say how they are read: `read boolean => bool`. Such a row has a default.
macro_rules! inputs {
    ($($group:literal { $(
        $name:ident: $kind:ident, $default:expr, $english:literal, $chinese:literal
        $(, example $example:literal)? $(, read $parse:expr => $type:ty)?;
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

        /// What inputs say that mean something by themselves.
        #[derive(Debug)]
        pub struct Values { $($($(pub $name: $type,)?)*)* }

        impl Values {
            pub(super) fn read(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<Self> {
                // All are read before the first that is wrong ends it.
                $($($(let $name: Option<$type> = check.parse(inputs.$name, $parse);)?)*)*
                Some(Self { $($($($name: { let value: $type = $name?; value },)?)*)* })
            }
        }

        pub const COUNT: usize = [$($(stringify!($name),)*)*].len();

        pub static DEFINITIONS: [Definition; COUNT] =
            [$($(Definition::new(stringify!($name), Kind::$kind, $default),)*)*];

        static DOCUMENTATION: [Documentation; COUNT] = [$($(Documentation {
            group: $group,
            default: $default,
            meaning: [$english, $chinese],
            example: [$(Some($example),)? None][0],
        },)*)*];
    };
}
pub(super) use inputs;
