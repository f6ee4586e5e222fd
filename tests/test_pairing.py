import pytest

from companion.checking.pairing import mixes
from course_index.analyze import normalise

STORED = "总的来说，硬盘用于长期存放资料，内存用于临时存放正在处理的资料。缓存更小。"
GRADES = "一次付给的补助：五级为18个月的工资，六级为16个月的工资。由基金支付。"
CANS = "桶装的颜料用完，刮干净可以卖给回收站；刮不干净就交给危险品仓库。盖子另放。"
LIONS = "颜色有讲究：黄色的叫刘备狮，沉稳；红色的叫关公狮，威武。黄色的布也好买。"
LEVELS = "等级分十级，最重的为一级，最轻的为十级。"
SHIFTS = "早班回来先吃饭再学，夜班回来先睡觉。"


@pytest.mark.parametrize(
    ("claim", "ground"),
    [
        ("内存用于长期存放资料。", STORED),
        ("六级的补助是18个月的工资。", GRADES),
        ("六级的补助是18个月的工资，五级是16个月。", GRADES),
        ("夜班回来先吃饭再学。", SHIFTS),
        ("桶刮不干净也可以卖给回收站。", CANS),
        ("红色係劉備獅，黃色係關公獅。", LIONS),
        ("一级最轻，十级最重。", LEVELS),
        ("刮干净的桶交给危险品仓库。", CANS),
    ],
)
def test_what_is_said_of_one_thing_is_not_said_of_another(claim, ground):
    assert mixes(normalise(claim), normalise(ground))


@pytest.mark.parametrize(
    ("claim", "ground"),
    [
        ("硬盘用来长期存放资料。", STORED),
        ("电脑里，硬盘用于长期存放数据，内存用于临时存放正在处理的数据。", STORED),
        ("五级的补助是18个月的工资，六级是16个月。", GRADES),
        ("五级补十八个月工资。", GRADES),
        ("补助由基金支付，五级是18个月。", GRADES),
        ("他们早班回来先吃饭再学。", SHIFTS),
        ("上早班的人回来先吃饭再学习。", SHIFTS),
        ("桶刮不干净，交给危险品仓库。", CANS),
        ("紅色係關公獅，黃色係劉備獅。", LIONS),
        ("刘备狮和关公狮分别是黄色和红色。", LIONS),
        ("十级最轻，一级最重。", LEVELS),
        ("刮干净可以卖给回收站，刮不干净就交给危险品仓库。", CANS),
        ("刮不干净的桶，盖子也另放。", CANS),
        ("", SHIFTS),
        ("什么都没有说。", ""),
    ],
)
def test_the_same_in_other_words_is_no_mixing(claim, ground):
    assert not mixes(normalise(claim), normalise(ground))
